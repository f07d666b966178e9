// SPDX-License-Identifier: Apache-2.0

#include "coppice/events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "coppice/coppice.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using events::item;
using events::kind;
using test::end_of;

struct go {};
struct idle {};

task<> wait_for_go() {
    co_await receive<go>();
}

runtime_options quiet_with(unsigned workers, std::size_t kept) {
    runtime_options out;
    out.workers = workers;
    out.level = report_level::off;
    out.events_kept = kept;
    return out;
}

std::vector<item> about(const std::vector<item>& all, const pid& who) {
    std::vector<item> out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const item& each) { return each.process == who; });
    return out;
}

TEST(flight_recorder_events, tell_starts_and_exits_with_their_reasons) {
    test::run_everywhere([]() -> task<> {
        const pid quiet = spawn([] {});
        const pid boom = spawn([] { throw std::runtime_error{"boom"}; });
        const pid symbol = spawn([] { exit("disk_full"); });
        for (const pid& each : {quiet, boom, symbol}) {
            auto ending = end_of(each);
            co_await ending;
        }
        const events::page seen = events::recent();
        EXPECT_EQ(seen.lost, 0U);
        const auto check = [&](const pid& who, const std::string& reason) {
            const std::vector<item> life = about(seen.items, who);
            EXPECT_EQ(life.size(), 2U);
            if (life.size() == 2) {
                EXPECT_EQ(life[0].what, kind::start);
                EXPECT_EQ(life[0].supervisor, self());
                EXPECT_EQ(life[1].what, kind::exit);
                EXPECT_EQ(life[1].reason, reason);
                EXPECT_LE(life[0].time, life[1].time);
                EXPECT_LT(life[0].sequence, life[1].sequence);
            }
        };
        check(quiet, "normal");
        check(boom, "{std::runtime_error,\"boom\"}");
        check(symbol, "disk_full");
    });
}

TEST(flight_recorder_events, tell_the_name_that_a_process_had) {
    test::run_everywhere([]() -> task<> {
        const pid named = spawn(wait_for_go);
        register_name("short_lived", named);
        const std::vector<item> alive = about(events::recent().items, named);
        EXPECT_EQ(alive.at(0).name, "short_lived");
        send(named, go{});
        auto ending = end_of(named);
        co_await ending;
        const std::vector<item> dead = about(events::recent().items, named);
        EXPECT_EQ(dead.at(0).name, "");
        EXPECT_EQ(dead.at(1).name, "short_lived");
    });
}

TEST(flight_recorder_events, are_read_on_without_loss_and_without_repetition) {
    test::run_everywhere([]() -> task<> {
        std::uint64_t next = events::recent().next;
        std::vector<pid> wanted;
        std::vector<pid> seen;
        for (int round = 0; round < 20; ++round) {
            const pid each = spawn([] {});
            wanted.push_back(each);
            auto ending = end_of(each);
            co_await ending;
            const events::page page = events::recent(next);
            EXPECT_EQ(page.lost, 0U);
            EXPECT_EQ(page.items.size(), page.next - next);
            for (const item& found : page.items) {
                EXPECT_EQ(found.sequence, next++);
                if (found.what == kind::exit) {
                    seen.push_back(found.process);
                }
            }
        }
        EXPECT_EQ(seen, wanted);
    });
}

TEST(flight_recorder_events, are_given_out_page_by_page) {
    test::run_simulated([]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            spawn([] {});
        }
        co_await sleep(1ms);
        const events::page all = events::recent();
        const events::page first = events::recent(0, 2);
        EXPECT_EQ(first.items.size(), 2U);
        EXPECT_EQ(first.next, 3U);
        const events::page rest = events::recent(first.next);
        EXPECT_EQ(rest.items.size(), all.items.size() - 2);
        EXPECT_EQ(events::recent(all.next).items.size(), 0U);
        EXPECT_EQ(events::recent(all.next + 100).next, all.next);
        EXPECT_EQ(events::recent(0, 0).next, 1U);
    });
}

void keep_only(std::size_t kept, std::size_t processes, std::uint64_t lost) {
    runtime world{quiet_with(1, kept)};
    world.start();
    world.run([processes] {
        for (std::size_t i = 0; i < processes; ++i) {
            spawn([] {});
        }
    });
    while (world.process_count() > 0) {
        std::this_thread::yield();
    }
    // The outside thread noted the start of the first process.
    const events::page page = world.recent_events(0, SIZE_MAX);
    EXPECT_EQ(page.next, 2 * (processes + 1) + 1);
    EXPECT_EQ(page.items.size() + page.lost, page.next - 1);
    EXPECT_EQ(page.lost, lost);
    EXPECT_LE(page.items.size(), kept);
}

TEST(flight_recorder_events, are_all_kept_up_to_the_bound) {
    keep_only(8, 3, 0);
}

TEST(flight_recorder_events, say_how_many_were_lost_beyond_the_bound) {
    // The ring of the scheduler thread holds 8 and shows 7, since the eighth may be half written. One more
    // event is in the ring of the outside thread.
    runtime world{quiet_with(1, 8)};
    world.start();
    world.run([] {
        for (int i = 0; i < 10; ++i) {
            spawn([] {});
        }
    });
    while (world.process_count() > 0) {
        std::this_thread::yield();
    }
    const events::page page = world.recent_events(0, SIZE_MAX);
    EXPECT_EQ(page.next, 23U);
    EXPECT_EQ(page.items.size() + page.lost, 22U);
    EXPECT_EQ(page.items.size(), 8U);
    EXPECT_EQ(page.items.back().sequence, 22U);
}

TEST(flight_recorder_events, can_be_turned_off) {
    runtime world{quiet_with(1, 0)};
    world.start();
    world.run([] { exit("anything"); });
    EXPECT_EQ(world.recent_events().items.size(), 0U);
    EXPECT_EQ(world.statistics().crashes, 1U);
}

TEST(flight_recorder_events, have_a_maximum_capacity) {
    EXPECT_NO_THROW(runtime{quiet_with(1, 1U << 20U)});
    EXPECT_THROW(runtime{quiet_with(1, (1U << 20U) + 1)}, std::invalid_argument);
}

TEST(flight_recorder_events, tell_restarts_with_the_child_and_its_last_reason) {
    test::run_everywhere([]() -> task<> {
        const auto started = co_await supervisor::start_link(children(child<idle>().id("cache")));
        const supervisor top{started.process()};
        const auto before = co_await top.which_children();
        const pid first = before.at(0).process;
        const std::uint64_t from = events::recent().next;
        exit(first, "wiped");
        auto ending = end_of(first);
        co_await ending;
        const auto again = co_await top.which_children();
        const events::page page = events::recent(from);
        const auto found = std::ranges::find(page.items, kind::restart, &item::what);
        if (found == page.items.end()) {
            ADD_FAILURE() << "no restart";
            co_return;
        }
        EXPECT_EQ(found->process, again.at(0).process);
        EXPECT_EQ(found->child, "cache");
        EXPECT_EQ(found->supervisor, top.whereis());
        EXPECT_EQ(found->reason, "wiped");
        EXPECT_EQ(statistics().restarts, 1U);
        co_await stop(top.whereis());
    });
}

TEST(flight_recorder_events, keep_reports_by_their_first_line) {
    runtime_options options = quiet_with(1, 100);
    options.level = report_level::info;
    options.on_report = [](const report&) {};
    runtime world{options};
    world.start();
    world.log(report_level::warning, "first line\nsecond line");
    world.log(report_level::debug, "not built");
    const events::page page = world.recent_events();
    EXPECT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.items.at(0).what, kind::report);
    EXPECT_EQ(page.items.at(0).text, "warning first line");
}

struct secret {
    int value = 0;
};
std::string to_string(const secret&) {
    ADD_FAILURE() << "code of the user's ran";
    return "?";
}

TEST(flight_recorder_events, never_print_a_value_of_the_users) {
    runtime world{quiet_with(1, 10)};
    world.start();
    world.run([] { exit(exit_reason::tuple("lost", exit_reason::of(secret{1}))); });
    const std::string reason = world.recent_events().items.at(1).reason;
    EXPECT_EQ(reason.substr(0, 7), "{lost,#");
    EXPECT_NE(reason.find("secret"), std::string::npos);
}

TEST(flight_recorder_events, shorten_long_reasons) {
    test::run_simulated([]() -> task<> {
        const pid ended = spawn([] { exit(exit_reason::text(std::string(1000, 'x'))); });
        auto ending = end_of(ended);
        co_await ending;
        const std::string reason = about(events::recent().items, ended).at(1).reason;
        EXPECT_EQ(reason.size(), 96U);
        EXPECT_EQ(reason.substr(93), "...");
        EXPECT_EQ(reason.substr(0, 3), "\"xx");
    });
}

TEST(flight_recorder_events, are_the_same_for_one_seed) {
    const auto run = [] {
        testing::sim_world world{7};
        std::string out;
        world.run([&out]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                spawn([i]() -> task<> {
                    co_await sleep(std::chrono::milliseconds{7 - i});
                    exit("done");
                });
            }
            co_await sleep(1s);
            std::ostringstream lines;
            events::write(lines);
            out = lines.str();
        });
        return out;
    };
    const std::string first = run();
    EXPECT_NE(first.find("exit <0.5.1>: done\n"), std::string::npos) << first;
    EXPECT_NE(first.find("00:00:00.003000 exit"), std::string::npos) << first;
    EXPECT_EQ(run(), first);
}

TEST(flight_recorder_lines, show_all_of_an_event) {
    const item shown{9,
                     std::chrono::system_clock::time_point{1h + 2min + 3s + 45us},
                     kind::restart,
                     pid{1, 12, 3},
                     {},
                     "cache",
                     pid{1, 2, 1},
                     "boom",
                     "and\nmore"};
    EXPECT_EQ(to_string(shown),
              "01:02:03.000045 restart <0.12.3> child cache by <0.2.1>: boom: and?more");
}

/// The path of a file that does not exist. The file is removed at the end.
class file_of_a_test {
  public:
    explicit file_of_a_test(const char* name)
        : path{std::string{::testing::TempDir()} + "coppice_" + name} {
        std::remove(path.c_str());
    }
    file_of_a_test(const file_of_a_test&) = delete;
    file_of_a_test& operator=(const file_of_a_test&) = delete;
    ~file_of_a_test() { std::remove(path.c_str()); }
    const std::string path;
};

std::string content_of(const std::string& path) {
    std::ifstream file{path};
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

TEST(flight_recorder_files, are_written_when_asked_for) {
    const file_of_a_test file{"events_asked_for"};
    const std::string& path = file.path;
    runtime world{quiet_with(1, 10)};
    world.start();
    world.run([] { exit("why_not"); });
    EXPECT_TRUE(world.write_events(path));
    EXPECT_NE(content_of(path).find(": why_not\n"), std::string::npos);
    EXPECT_FALSE(world.write_events(path + "/no/such/file"));
}

TEST(flight_recorder_files, are_written_when_the_top_supervisor_gives_up) {
    const file_of_a_test file{"events_of_a_supervisor"};
    const std::string& path = file.path;
    runtime_options options = quiet_with(1, 100);
    options.events_file = path;
    runtime world{options};
    world.start();
    world.run([]() -> task<> {
        trap_exit(true);
        const auto started = co_await supervisor::start_link(children(child<idle>().id("bomb")),
                                                             {.max_restarts = 0});
        const supervisor top{started.process()};
        const auto before = co_await top.which_children();
        exit(before.at(0).process, "fuse");
        auto ending = end_of(top.whereis());
        co_await ending;
    });
    const std::string text = content_of(path);
    EXPECT_NE(text.find(": fuse\n"), std::string::npos) << text;
    EXPECT_NE(text.find(" child bomb: shutdown\n"), std::string::npos) << text;
}

TEST(flight_recorder_files_deathtest, are_written_when_the_program_aborts) {
    ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
    const file_of_a_test file{"events_at_abort"};
    const std::string& path = file.path;
    EXPECT_DEATH(
        {
            runtime_options options = quiet_with(2, 100);
            options.events_file = path;
            runtime world{options};
            world.start();
            world.run([] { exit("before_the_end"); });
            std::abort();
        },
        "");
    EXPECT_NE(content_of(path).find(": before_the_end\n"), std::string::npos);
}

}  // namespace
}  // namespace coppice
