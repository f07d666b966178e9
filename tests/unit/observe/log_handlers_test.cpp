// SPDX-License-Identifier: Apache-2.0
// The handlers of the logger: levels, bounds, outputs.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <latch>
#include <sstream>
#include <system_error>

#include "coppice/logger.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

std::string text_of(const report& r) {
    const auto* const text = std::get_if<text_report>(&r.body);
    return text == nullptr ? "" : text->text;
}

/// Keeps the texts of the reports. Used on the thread of a simulation only.
logger::output to_list(lines& kept) {
    return logger::to_function([&kept](const report& r) { kept.push_back(text_of(r)); });
}

/// Runs `body` in a simulation whose first handler keeps the reports from `notice` on.
template <class Body>
lines first_handler_of(Body body) {
    lines first;
    runtime_options options;
    options.on_report = [&first](const report& r) { first.push_back(text_of(r)); };
    testing::sim_world world{1, options};
    EXPECT_EQ(world.run(body), reason::normal);
    return first;
}

TEST(a_further_handler, has_a_level_of_its_own_that_changes_while_the_runtime_runs) {
    lines further;
    const lines first = first_handler_of([&further]() -> task<> {
        logger::add_handler("further", to_list(further), {.level = report_level::debug});
        log(report_level::debug, "deep");
        log(report_level::error, "both");
        EXPECT_TRUE(logger::set_handler_level("further", report_level::off));
        log(report_level::error, "first only");
        EXPECT_FALSE(logger::set_handler_level("unknown", report_level::off));
        co_return;
    });
    EXPECT_EQ(first, (lines{"both", "first only"}));
    EXPECT_EQ(further, (lines{"deep", "both"}));
}

TEST(a_further_handler, takes_a_line_of_a_set_module_at_its_own_level_only) {
    lines further;
    const lines first = first_handler_of([&further]() -> task<> {
        logger::add_handler("further", to_list(further), {.level = report_level::warning});
        logger::set_module_level("shop", report_level::debug);
        constexpr logger::module_log shop{"shop"};
        shop.debug("deep");
        shop.warning("high");
        co_return;
    });
    EXPECT_EQ(first, (lines{"deep", "high"}));
    EXPECT_EQ(further, (lines{"high"}));
}

TEST(a_further_handler, that_is_removed_gets_nothing_more) {
    lines further;
    first_handler_of([&further]() -> task<> {
        logger::add_handler("further", to_list(further));
        log(report_level::error, "before");
        EXPECT_TRUE(logger::remove_handler("further"));
        log(report_level::error, "after");
        EXPECT_FALSE(logger::remove_handler("further"));
        EXPECT_TRUE(logger::handlers().empty());
        co_return;
    });
    EXPECT_EQ(further, (lines{"before"}));
}

TEST(add_handler, refuses_an_id_that_is_taken_or_empty_and_a_room_of_zero) {
    first_handler_of([]() -> task<> {
        const logger::output none = logger::to_function([](const report&) {});
        logger::add_handler("one", none, {.level = report_level::info, .room = 1});
        EXPECT_THROW(logger::add_handler("one", none), badarg_error);
        EXPECT_THROW(logger::add_handler("", none), badarg_error);
        EXPECT_THROW(logger::add_handler("two", none, {.room = 0}), badarg_error);
        const std::vector<logger::handler_info> all = logger::handlers();
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.at(0).id, "one");
        EXPECT_EQ(all.at(0).level, report_level::info);
        EXPECT_EQ(all.at(0).room, 1U);
        co_return;
    });
}

TEST(a_further_handler, that_throws_loses_the_report_and_goes_on) {
    lines further;
    first_handler_of([&further]() -> task<> {
        auto throws_once = [&further, first = true](const report& r) mutable {
            if (std::exchange(first, false)) {
                throw std::runtime_error{"full"};
            }
            further.push_back(text_of(r));
        };
        logger::add_handler("further", logger::to_function(throws_once));
        log(report_level::error, "lost");
        log(report_level::error, "kept");
        EXPECT_EQ(logger::handlers().at(0).lost, 1U);
        co_return;
    });
    EXPECT_EQ(further, (lines{"kept"}));
}

TEST(a_slow_handler, has_a_line_in_place_of_the_reports_that_exceed_its_room) {
    runtime world{testing::sim_world::quiet()};
    world.start();
    std::latch entered{1};
    std::latch opened{1};
    lines kept;
    auto slow = [&, first = true](const report& r) mutable {
        if (std::exchange(first, false)) {
            entered.count_down();
            opened.wait();
        }
        kept.push_back(text_of(r));
    };
    logger::add_handler(world, "slow", logger::to_function(std::move(slow)), {.room = 2});
    world.log(report_level::error, "1");
    entered.wait();
    for (const char* each : {"2", "3", "4"}) {
        world.log(report_level::error, each);
    }
    EXPECT_EQ(logger::handlers(world).at(0).waiting, 2U);
    EXPECT_EQ(logger::handlers(world).at(0).lost, 1U);
    opened.count_down();
    world.flush_reports();
    EXPECT_EQ(kept, (lines{"1", "2", "3",
                           "1 report was dropped here: the handler of reports was too slow"}));
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

/// A folder, removed at the end.
struct folder {
    folder() { EXPECT_NE(::mkdtemp(name.data()), nullptr); }
    ~folder() { std::filesystem::remove_all(name); }
    std::string path(const char* file) const { return name + "/" + file; }
    std::string name = "/tmp/coppice_log_XXXXXX";
};

std::string content_of(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream{path}.rdbuf();
    return out.str();
}

TEST(to_file, appends_lines_in_the_form_of_the_handler) {
    const folder here;
    const std::string text = here.path("text.log");
    const std::string json = here.path("json.log");
    first_handler_of([&]() -> task<> {
        logger::add_handler("text", logger::to_file(text));
        logger::add_handler("json", logger::to_file(json), {.form = logger::form::json_lines});
        logger::set_metadata({{"request", "7"}});
        log(report_level::error, "a \"b\"\n\xff");
        co_return;
    });
    EXPECT_NE(content_of(text).find("[error] request=7 a \"b\"\\n\\xff\n"), std::string::npos)
        << content_of(text);
    EXPECT_NE(content_of(json).find(R"("level":"error","kind":"text","process":"<0.)"),
              std::string::npos)
        << content_of(json);
    EXPECT_NE(content_of(json).find(R"("text":"a \"b\"\u000a\ufffd","metadata":{"request":"7"}})"
                                    "\n"),
              std::string::npos)
        << content_of(json);
}

TEST(to_file, tells_the_path_of_a_file_that_cannot_be_opened) {
    try {
        static_cast<void>(logger::to_file("/nowhere/at/all.log"));
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_NE(std::string{error.what()}.find("/nowhere/at/all.log"), std::string::npos);
    }
}

/// A socket in place of journald.
class journal {
  public:
    explicit journal(const std::string& path) : socket_{::socket(AF_UNIX, SOCK_DGRAM, 0)} {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
    }
    ~journal() { ::close(socket_); }
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;

    /// The next entry, from the datagram or from the file in its place.
    std::string next() const {
        std::string out(1 << 16, '\0');
        iovec part{out.data(), out.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t length = ::recvmsg(socket_, &message, MSG_DONTWAIT);
        EXPECT_GE(length, 0);
        if (const cmsghdr* const header = CMSG_FIRSTHDR(&message); header != nullptr) {
            int file = -1;
            std::memcpy(&file, CMSG_DATA(header), sizeof file);
            return read_all(file);
        }
        out.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        return out;
    }

  private:
    static std::string read_all(int file) {
        struct stat facts{};
        EXPECT_EQ(::fstat(file, &facts), 0);
        std::string out(static_cast<std::size_t>(facts.st_size), '\0');
        EXPECT_EQ(::pread(file, out.data(), out.size(), 0), facts.st_size);
        ::close(file);
        return out;
    }

    int socket_;
};

TEST(to_journal, sends_message_priority_process_and_metadata) {
    const folder here;
    const journal listening{here.path("socket")};
    first_handler_of([&]() -> task<> {
        logger::add_handler("journal", logger::to_journal(here.path("socket")));
        logger::set_metadata({{"request-id", "7"}, {"_odd", "x"}});
        log(report_level::warning, "plain");
        log(report_level::error, "two\nlines");
        co_return;
    });
    const std::string plain = listening.next();
    EXPECT_EQ(plain.find("MESSAGE=plain\nPRIORITY=4\nCOPPICE_PID=<0."), 0U) << plain;
    EXPECT_NE(plain.find("\nREQUEST_ID=7\nF__ODD=x\n"), std::string::npos) << plain;
    const std::string two = listening.next();
    const std::string expected{"MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPRIORITY=3\n", 37};
    EXPECT_EQ(two.substr(0, expected.size()), expected) << two;
}

TEST(to_journal, sends_a_long_entry_as_a_file) {
    const folder here;
    const journal listening{here.path("socket")};
    const std::string text(std::size_t{4} << 20U, 'x');
    first_handler_of([&]() -> task<> {
        logger::add_handler("journal", logger::to_journal(here.path("socket")));
        log(report_level::error, text);
        co_return;
    });
    EXPECT_EQ(listening.next().find("MESSAGE=" + text + "\nPRIORITY=3\n"), 0U);
}

TEST(to_journal, counts_a_line_that_nobody_takes_and_goes_on) {
    const folder here;
    first_handler_of([&]() -> task<> {
        logger::add_handler("journal", logger::to_journal(here.path("nobody")));
        log(report_level::error, "lost");
        EXPECT_EQ(logger::handlers().at(0).lost, 1U);
        co_return;
    });
}

}  // namespace
}  // namespace coppice
