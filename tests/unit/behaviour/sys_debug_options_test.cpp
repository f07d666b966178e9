// SPDX-License-Identifier: Apache-2.0
// Goal: the events of a server are in a file. Debug options apply from the first message on, in each life of
// a server. A failing debug option is reported, and ends no server.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "coppice/sys.hpp"
#include "support/program_files.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::reports_of;
using test::run_everywhere;
using test::scratch_file;
using test::scratch_folder;
using test::words;
using test::words_so_far;

struct tally {
    struct add {
        int by = 1;
    };
    struct get {};
    struct again {};

    void init() { continue_with(this, again{}); }
    void handle_continue(again) {}
    void handle_cast(add m) {
        if (m.by < 0) {
            throw std::invalid_argument{"negative"};
        }
        total += m.by;
    }
    int handle_call(get) const { return total; }

    int total = 0;
};

std::string content_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> lines_of(const std::vector<sys::event>& events) {
    std::vector<std::string> out;
    for (const sys::event& each : events) {
        out.push_back(to_string(each));
    }
    return out;
}

task<server<tally>> start_tally(start_options how) {
    auto starting = start<tally>(std::move(how));
    const start_result<tally> started = co_await starting;
    co_return started.value();
}

TEST(sys_log_to_file, writes_a_line_for_each_event_at_once) {
    const scratch_file file{"what was there before\n"};
    const std::string path = file.path();
    run_everywhere([path]() -> task<> {
        const server<tally> s = co_await start_tally(named("tally"));
        co_await sys::log_to_file(s, path);
        s.cast(tally::add{2});
        EXPECT_EQ(co_await s.call(tally::get{}), 2);
        const std::string me = to_string(self());
        EXPECT_EQ(content_of(path),
                  "*DBG* tally got cast add{by: 2}\n"
                  "*DBG* tally new state tally{total: 2}\n"
                  "*DBG* tally got call get from " +
                      me + "\n*DBG* tally sent 2 to " + me + ", new state tally{total: 2}\n");
        const sys::status told = co_await sys::get_status(s);
        EXPECT_EQ(told.log_file, path);
        co_await stop(s);
    });
}

TEST(sys_log_to_file, ends_with_false_and_with_no_debug) {
    const scratch_file file;
    const std::string path = file.path();
    run_everywhere([path]() -> task<> {
        const server<tally> s = co_await start_tally({});
        for (const bool by_no_debug : {false, true}) {
            co_await sys::log_to_file(s, path);
            if (by_no_debug) {
                co_await sys::no_debug(s);
            } else {
                co_await sys::log_to_file(s, false);
            }
            s.cast(tally::add{2});
            const sys::status told = co_await sys::get_status(s);
            EXPECT_EQ(told.log_file, "");
            EXPECT_EQ(content_of(path), "");
        }
        co_await stop(s);
    });
}

TEST(sys_log_to_file, goes_on_in_another_file) {
    const scratch_file first;
    const scratch_file second;
    run_everywhere([one = first.path(), other = second.path()]() -> task<> {
        const server<tally> s = co_await start_tally({});
        co_await sys::log_to_file(s, one);
        s.cast(tally::add{1});
        co_await sys::log_to_file(s, other);
        s.cast(tally::add{2});
        EXPECT_EQ(co_await s.call(tally::get{}), 3);
        EXPECT_EQ(content_of(one).find("{by: 2}"), std::string::npos);
        EXPECT_NE(content_of(one).find("{by: 1}"), std::string::npos);
        EXPECT_NE(content_of(other).find("{by: 2}"), std::string::npos);
        EXPECT_EQ(content_of(other).find("{by: 1}"), std::string::npos);
        co_await stop(s);
    });
}

TEST(sys_log_to_file, tells_why_a_file_cannot_be_opened_and_is_off_then) {
    const scratch_folder folder;
    const std::string pipe = folder.path() + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
    run_everywhere([folder = folder.path(), pipe]() -> task<> {
        const std::string good = folder + "/good";
        const std::string nowhere = folder + "/none/events";
        const server<tally> s = co_await start_tally({});
        co_await sys::log_to_file(s, good);
        const auto missing = co_await sys::try_log_to_file(s, nowhere);
        EXPECT_EQ(to_string(missing.error()), "{open_file,\"cannot write to \\\"" + nowhere +
                                                  "\\\": No such file or directory\"}");
        const auto is_folder = co_await sys::try_log_to_file(s, folder);
        EXPECT_NE(to_string(is_folder.error()).find("Is a directory"), std::string::npos)
            << to_string(is_folder.error());
        const auto is_pipe = co_await sys::try_log_to_file(s, pipe);
        EXPECT_NE(to_string(is_pipe.error()).find("the path is no file"), std::string::npos)
            << to_string(is_pipe.error());
        const sys::status told = co_await sys::get_status(s);
        EXPECT_EQ(told.log_file, "");
        s.cast(tally::add{1});
        EXPECT_EQ(co_await s.call(tally::get{}), 1);
        EXPECT_EQ(content_of(good), "");
        co_await stop(s);
    });
}

TEST(sys_log_to_file, takes_a_path_or_false) {
    EXPECT_THROW(sys::log_file{true}, badarg_error);
    EXPECT_THROW(sys::log_file{""}, badarg_error);
    EXPECT_THROW((void)sys::debug_options{}.log_to_file(""), badarg_error);
    EXPECT_EQ(sys::log_file{false}.path(), "");
    EXPECT_EQ(sys::log_file{"x"}.path(), "x");
}

TEST(sys_log_to_file, is_left_when_the_disk_is_full) {
    if (!std::filesystem::exists("/dev/full")) {
        GTEST_SKIP() << "there is no /dev/full";
    }
    const auto told = test::only<text_report>(reports_of([]() -> task<> {
        const server<tally> s = co_await start_tally(named("tally"));
        co_await sys::log_to_file(s, "/dev/full");
        s.cast(tally::add{1});
        s.cast(tally::add{1});
        EXPECT_EQ(co_await s.call(tally::get{}), 2);
        const sys::status now = co_await sys::get_status(s);
        EXPECT_EQ(now.log_file, "");
    }));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(
        told[0].text,
        "gen_server tally: log_to_file has ended: \"/dev/full\" cannot be written to any more");
}

TEST(debug_options, count_from_the_first_message_on) {
    const scratch_file file;
    const std::string path = file.path();
    run_everywhere([path]() -> task<> {
        const pid me = self();
        const auto tell = [me](const sys::event& e) { send(me, test::word{to_string(e)}); };
        const auto all =
            sys::debug_options{}.log(3).statistics().log_to_file(path).install("f", tell);
        const server<tally> s = co_await start_tally(named("tally").debug(all).within(5s));
        s.cast(tally::add{2});
        EXPECT_EQ(co_await s.call(tally::get{}), 2);
        const std::string client = to_string(me);
        const sys::status told = co_await sys::get_status(s);
        EXPECT_EQ(lines_of(told.log),
                  words("new state tally{total: 2}", "got call get from " + client,
                        "sent 2 to " + client + ", new state tally{total: 2}"));
        EXPECT_EQ(told.functions, words("f"));
        EXPECT_EQ(told.log_file, path);
        EXPECT_TRUE(told.statistics.has_value());
        EXPECT_EQ(told.statistics->messages_in, 2U);
        EXPECT_EQ(told.statistics->messages_out, 1U);
        EXPECT_EQ(co_await words_so_far(),
                  words("dbg {continue,again}", "new state tally{total: 0}", "got cast add{by: 2}",
                        "new state tally{total: 2}", "got call get from " + client,
                        "sent 2 to " + client + ", new state tally{total: 2}"));
        EXPECT_TRUE(content_of(path).starts_with("*DBG* tally dbg {continue,again}\n"));
        co_await sys::no_debug(s);
        const sys::status after = co_await sys::get_status(s);
        EXPECT_TRUE(after.functions.empty());
        co_await stop(s);
    });
}

TEST(debug_options, trace_by_reports) {
    const auto told = test::only<text_report>(reports_of([]() -> task<> {
        const server<tally> s =
            co_await start_tally(named("tally").debug(sys::debug_options{}.trace()));
        EXPECT_EQ(co_await s.call(tally::get{}), 0);
    }));
    ASSERT_GE(told.size(), 3U);
    EXPECT_EQ(told[0].text, "*DBG* tally dbg {continue,again}");
}

TEST(debug_options, skip_and_report_an_option_that_fails) {
    const auto told = test::only<text_report>(reports_of([]() -> task<> {
        const auto some = sys::debug_options{}.log_to_file("/nowhere/events").log();
        const server<tally> s = co_await start_tally(named("tally").debug(some));
        s.cast(tally::add{2});
        const auto events = co_await sys::get_log(s);
        EXPECT_EQ(events.size(), 4U);
    }));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(
        told[0].text,
        "gen_server tally: log_to_file: {open_file,\"cannot write to \\\"/nowhere/events\\\": "
        "No such file or directory\"}");
}

TEST(debug_options, of_a_child_count_in_each_of_its_lives) {
    run_everywhere([]() -> task<> {
        const auto keeps = sys::debug_options{}.log(50);
        const child_spec debugged = child<tally>().name("tally").debug(keeps);
        co_await supervisor::start_link(children(debugged), {});
        const server<tally> s{"tally"};
        const pid first = s.whereis();
        const ref watching = monitor(first);
        s.cast(tally::add{-1});
        const auto down = co_await receive<down_message>();
        EXPECT_EQ(down.monitor, watching);
        while (!s.whereis()) {
            co_await sleep(100us);
        }
        s.cast(tally::add{3});
        const auto events = co_await sys::get_log(s);
        EXPECT_EQ(lines_of(events), words("dbg {continue,again}", "new state tally{total: 0}",
                                          "got cast add{by: 3}", "new state tally{total: 3}"));
    });
}

struct house {
    static supervisor_init init() { return supervisor::init(children(), {}); }
};

TEST(debug_options, are_for_both_supervisors_too) {
    run_everywhere([]() -> task<> {
        const auto counts = sys::debug_options{}.statistics();
        const child_spec fixed = child<house>().name("house").debug(counts);
        const child_spec many = child<dynamic_supervisor>({.name = "rooms"}).debug(counts);
        const child_spec written =
            child_supervisor("written", children()).name("written").debug(counts);
        co_await supervisor::start_link(children(fixed, many, written), {});
        co_await supervisor::start_link<house>(named("alone").debug(counts));
        for (const char* each : {"house", "rooms", "written", "alone"}) {
            const auto counted = co_await sys::get_statistics(each);
            EXPECT_TRUE(counted.has_value()) << each;
        }
    });
}

TEST(debug_options, are_refused_for_a_child_that_is_no_server) {
    const auto loop = []() -> task<> { co_await receive<int>(); };
    std::string why;
    try {
        (void)child("loop", loop).debug(sys::debug_options{}.log());
    } catch (const badarg_error& refused) {
        why = refused.what();
    }
    EXPECT_NE(why.find("is no server: only a gen_server or a supervisor has debug options"),
              std::string::npos)
        << why;
}

TEST(debug_options, are_not_applied_when_the_start_fails) {
    struct unwilling {
        unwilling() { exit("no_luck"); }
    };
    const scratch_folder folder;
    run_everywhere([path = folder.path() + "/events"]() -> task<> {
        auto starting =
            start<unwilling>(start_options{}.debug(sys::debug_options{}.log_to_file(path)));
        const start_result<unwilling> started = co_await starting;
        EXPECT_EQ(to_string(started.error()), "no_luck");
        EXPECT_FALSE(std::filesystem::exists(path));
    });
}

}  // namespace
}  // namespace coppice
