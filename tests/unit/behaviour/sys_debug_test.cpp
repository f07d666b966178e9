// SPDX-License-Identifier: Apache-2.0
// Statistics, log, trace and debug functions of a live server.

#include <memory>
#include <stdexcept>

#include "coppice/sys.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh;
using test::next_word;
using test::reports_of;
using test::run_everywhere;
using test::scripted;
using test::words;
using test::words_so_far;

/// Has the same printed form in all worlds.
struct meter {
    struct add {
        int by = 1;
    };
    struct get {};
    struct tick {};
    struct restart {};
    struct later {
        using reply = int;
    };
    using info_messages = messages<tick>;

    void handle_cast(add m) { total += m.by; }
    void handle_cast(restart m) { continue_with(this, m); }
    int handle_call(get) const { return total; }
    void handle_call(add m) { total += m.by; }
    void handle_call(later, reply_to<int> to) { to(total); }
    void handle_info(tick) { timeout_after(0ms); }
    void handle_info(timeout) { total = -1; }
    void handle_continue(restart) { total = 0; }

    int total = 0;
};

task<server<meter>> fresh_meter() {
    auto starting = start<meter>();
    const start_result<meter> started = co_await starting;
    co_return started.value();
}

std::vector<std::string> lines_of(const std::vector<sys::event>& events) {
    std::vector<std::string> out;
    for (const sys::event& each : events) {
        out.push_back(to_string(each));
    }
    return out;
}

TEST(sys_statistics, count_messages_and_replies_once_switched_on) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        EXPECT_EQ(co_await s.call(meter::get{}), 0);
        const auto none = co_await sys::get_statistics(s);
        EXPECT_FALSE(none.has_value());
        co_await sys::statistics(s, true);
        s.cast(meter::add{2});
        send(s.whereis(), meter::tick{});
        EXPECT_EQ(co_await s.call(meter::later{}) <= 2, true);  // no reply of the handler's own
        s.cast(meter::add{2});
        co_await s.call(meter::add{3});
        co_await sys::statistics(s, true);  // counting goes on
        const auto counted = co_await sys::get_statistics(s);
        EXPECT_TRUE(counted.has_value());
        EXPECT_GE(counted->messages_in, 5U);
        EXPECT_LE(counted->messages_in,
                  6U);  // tick asks for a timeout, due when idle
        EXPECT_EQ(counted->messages_out, 1U);
        EXPECT_GE(counted->current_time, counted->start_time);
        EXPECT_GT(counted->reductions, 0U);
        co_await sys::statistics(s, false);
        const auto over = co_await sys::get_statistics(s);
        EXPECT_FALSE(over.has_value());
    });
}

TEST(sys_log, keeps_messages_replies_and_new_states) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        co_await sys::log(s, true);
        s.cast(meter::add{2});
        co_await s.call(meter::add{3});
        EXPECT_EQ(co_await s.call(meter::get{}), 5);
        EXPECT_EQ(co_await s.call(meter::later{}), 5);
        const auto events = co_await sys::get_log(s);
        const std::string me = to_string(self());
        EXPECT_EQ(
            lines_of(events),
            words("got cast add{by: 2}", "new state meter{total: 2}",
                  "got call add{by: 3} from " + me,
                  "sent ok to " + me + ", new state meter{total: 5}", "got call get from " + me,
                  "sent 5 to " + me + ", new state meter{total: 5}", "got call later from " + me,
                  "new state meter{total: 5}"));
    });
}

TEST(sys_log, has_continuations_and_timeouts) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        co_await sys::log(s, 20);
        s.cast(meter::restart{});
        send(s.whereis(), meter::tick{});
        std::vector<std::string> lines;
        while (lines.size() < 8) {  // system messages in between change nothing
            lines = lines_of(co_await sys::get_log(s));
        }
        EXPECT_EQ(lines,
                  words("got cast restart", "new state meter{total: 0}", "dbg {continue,restart}",
                        "new state meter{total: 0}", "got tick", "new state meter{total: 0}",
                        "got timeout", "new state meter{total: -1}"));
    });
}

TEST(sys_log, keeps_the_last_ten_or_as_many_as_are_asked_for) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        co_await sys::log(s, true);
        for (int i = 1; i <= 8; ++i) {
            s.cast(meter::add{i});
        }
        const auto ten = co_await sys::get_log(s);
        EXPECT_EQ(ten.size(), 10U);
        EXPECT_EQ(ten.front().message, "add{by: 4}");
        EXPECT_EQ(ten.back().state, "meter{total: 36}");
        co_await sys::log(s, 3);  // the log has a size already
        const auto still_ten = co_await sys::get_log(s);
        EXPECT_EQ(still_ten, ten);
        co_await sys::log(s, false);
        const auto none = co_await sys::get_log(s);
        EXPECT_TRUE(none.empty());
        co_await sys::log(s, 3);
        s.cast(meter::add{1});
        s.cast(meter::add{2});
        const auto three = co_await sys::get_log(s);
        EXPECT_EQ(lines_of(three), words("new state meter{total: 37}", "got cast add{by: 2}",
                                         "new state meter{total: 39}"));
        bool refused = false;
        try {
            co_await sys::log(s, 0);
        } catch (const badarg_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
    });
}

TEST(sys_log, is_in_the_report_of_a_crash) {
    const auto all = test::only<server_report>(reports_of([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::log(s, true);
        s.cast(scripted::tell{[](scripted& t) { t.value = 1; }});
        s.cast(scripted::tell{[](scripted&) { throw std::runtime_error{"bad"}; }});
        co_await sleep(1s);
    }));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].log, words("got cast coppice::test::scripted::tell", "new state value 1",
                                "got cast coppice::test::scripted::tell"));
    const report shown{report_level::error, {}, {}, all[0]};
    EXPECT_NE(to_string(shown).find("logged: new state value 1"), std::string::npos);
}

TEST(sys_log, in_a_server_report_lacks_the_reply_that_follows_terminate) {
    const auto all = test::only<server_report>(reports_of([]() -> task<> {
        const server<scripted> s = co_await fresh();
        co_await sys::log(s, true);
        const scripted::ask last{[](scripted&) {
            stop_with("bad");
            return 9;
        }};
        EXPECT_EQ(co_await s.call(last), 9);
        co_await sleep(1s);
    }));
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].log.size(), 1U);  // the reply comes later
    EXPECT_EQ(all[0].log[0].find("got call"), 0U);
}

TEST(sys_trace, writes_a_line_for_each_event) {
    run_everywhere([]() -> task<> {
        auto starting = start<meter>(named("traced"));
        const start_result<meter> started = co_await starting;
        const server<meter> s = started.value();
        const pid me = self();
        const auto write = [me](std::string_view line) { send(me, test::word{std::string{line}}); };
        co_await sys::trace("traced", write);
        s.cast(meter::add{2});
        EXPECT_EQ(co_await s.call(meter::get{}), 2);
        co_await sys::trace("traced", false);
        s.cast(meter::add{2});
        EXPECT_EQ(co_await s.call(meter::get{}), 4);
        const std::string client = to_string(me);
        EXPECT_EQ(
            co_await words_so_far(),
            words("*DBG* traced got cast add{by: 2}", "*DBG* traced new state meter{total: 2}",
                  "*DBG* traced got call get from " + client,
                  "*DBG* traced sent 2 to " + client + ", new state meter{total: 2}"));
        co_await stop(s);
    });
}

TEST(sys_trace, ends_when_its_writer_throws) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        const pid me = self();
        const auto write = [me](std::string_view) {
            send(me, test::word{"written"});
            throw std::runtime_error{"full"};
        };
        co_await sys::trace(s, write);
        s.cast(meter::add{2});
        s.cast(meter::add{2});
        EXPECT_EQ(co_await s.call(meter::get{}), 4);
        EXPECT_EQ(co_await words_so_far(), words("written"));
        const sys::status told = co_await sys::get_status(s);
        EXPECT_FALSE(told.traces);
        co_await stop(s);
    });
}

TEST(sys_trace, that_is_enabled_again_keeps_its_writer_unless_another_is_given) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        const pid me = self();
        const auto first = [me](std::string_view) { send(me, test::word{"first"}); };
        const auto second = [me](std::string_view) { send(me, test::word{"second"}); };
        co_await sys::trace(s, first);
        co_await sys::trace(s, true);
        s.cast(meter::add{2});
        EXPECT_EQ(co_await s.call(meter::get{}), 2);
        EXPECT_EQ(co_await words_so_far(), words("first", "first", "first", "first"));
        co_await sys::trace(s, second);
        s.cast(meter::add{2});
        EXPECT_EQ(co_await s.call(meter::get{}), 4);
        EXPECT_EQ(co_await words_so_far(), words("second", "second", "second", "second"));
        co_await stop(s);
    });
}

TEST(sys_trace, is_reported_at_every_report_level) {
    const auto all = reports_of(
        []() -> task<> {
            const server<meter> s = co_await fresh_meter();
            co_await sys::trace(s, true);
            s.cast(meter::add{1});
            co_await sys::no_debug(s);
            s.cast(meter::add{1});
            co_await sleep(1s);
        },
        report_level::error);
    const auto lines = test::only<text_report>(all);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[0].text.find("got cast add{by: 1}"), std::string::npos);
    EXPECT_EQ(all[0].level, report_level::debug);
}

TEST(a_debug_function, receives_events_until_the_function_is_done_throws_or_is_removed) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        const pid me = self();
        const auto tell = [me](const char* who) { send(me, test::word{who}); };
        const auto twice = [tell, left = 2](const sys::event&) mutable {
            tell("twice");
            return --left == 0 ? sys::next::done : sys::next::go_on;
        };
        const auto once = [tell](const sys::event&) {
            tell("once");
            throw std::runtime_error{"removes it"};
        };
        const auto always = [tell](const sys::event& e) {
            if (e.kind == sys::event_kind::cast) {
                tell("always");
            }
        };
        const auto never = [tell](const sys::event&) { tell("never"); };
        co_await sys::install(s, "twice", twice);
        co_await sys::install(s, "once", once);
        co_await sys::install(s, "always", always);
        co_await sys::install(s, "always", never);  // the id is taken
        const sys::status told = co_await sys::get_status(s);
        EXPECT_EQ(told.functions, words("twice", "once", "always"));
        s.cast(meter::add{1});
        s.cast(meter::add{1});
        EXPECT_EQ(co_await s.call(meter::get{}), 2);
        EXPECT_EQ(co_await words_so_far(), words("twice", "once", "always", "twice", "always"));
        const sys::status left = co_await sys::get_status(s);
        EXPECT_EQ(left.functions, words("always"));
        co_await sys::remove(s, "always");
        co_await sys::remove(s, "always");
        s.cast(meter::add{1});
        EXPECT_EQ(co_await s.call(meter::get{}), 3);
        EXPECT_EQ(co_await words_so_far(), words());
    });
}

TEST(a_debug_function, that_calls_exit_is_removed_without_ending_the_server) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        co_await sys::install(s, "exits", [](const sys::event&) { exit("leave"); });
        s.cast(meter::add{1});
        EXPECT_EQ(co_await s.call(meter::get{}), 1);
        const sys::status told = co_await sys::get_status(s);
        EXPECT_TRUE(told.functions.empty());
    });
}

TEST(no_debug, ends_logging_statistics_and_debug_functions) {
    run_everywhere([]() -> task<> {
        const server<meter> s = co_await fresh_meter();
        co_await sys::log(s, true);
        co_await sys::statistics(s, true);
        co_await sys::install(s, "f", [](const sys::event&) {});
        co_await sys::no_debug(s);
        s.cast(meter::add{1});
        const sys::status told = co_await sys::get_status(s);
        EXPECT_TRUE(told.log.empty());
        EXPECT_TRUE(told.functions.empty());
        EXPECT_FALSE(told.statistics.has_value());
        co_await sys::log(s, true);
        const auto events = co_await sys::get_log(s);
        EXPECT_TRUE(events.empty());
    });
}

}  // namespace
}  // namespace coppice
