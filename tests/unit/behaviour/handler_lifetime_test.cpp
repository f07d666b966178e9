// SPDX-License-Identifier: Apache-2.0
// A handler's argument lives until the handler's task is done, however the handler takes the argument. The
// messages are long strings, so the address sanitizer sees a read of freed memory.

#include "support/counted.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;
using test::run_simulated;

const std::string long_text(100, 'x');

struct words {
    std::string text;
};
struct question {
    using reply = std::string;
    std::string text;
};
struct put_off {
    using reply = std::string;
    std::string text;
};
struct next_step {
    std::string text;
};

/// After a wait, sends the arguments to the owner.
template <class... Shown>
task<> show(pid owner, const Shown&... shown) {
    co_await sleep(1ms);
    (send(owner, std::string{shown}), ...);
}

struct by_const_reference {
    using info_messages = messages<words, any_message>;
    explicit by_const_reference(pid o) : owner{o} { trap_exit(true); }

    task<> handle_cast(const words& w) { co_await show(owner, w.text); }
    task<std::string> handle_call(const question& q) {
        co_await sleep(1ms);
        co_return q.text;
    }
    task<> handle_call(const put_off& p, const reply_to<std::string>& to) {
        co_await sleep(1ms);
        to(p.text);
    }
    task<> handle_info(const words& w) { co_await show(owner, w.text); }
    task<> handle_info(const down_message& d) { co_await show(owner, to_string(d.why)); }
    task<> handle_info(const any_message& m) {
        co_await sleep(1ms);
        send(owner, m.describe());
    }
    task<> handle_info(const timeout& over) {
        co_await sleep(1ms);
        const timeout copy = over;
        static_cast<void>(copy);
        send(owner, std::string{"timeout"});
    }
    task<> handle_continue(const next_step& s) { co_await show(owner, s.text); }
    task<> terminate(const exit_reason& why) {
        co_await sleep(1ms);
        send(owner, to_string(why));
    }
    void handle_cast(int) { continue_with(this, next_step{long_text}); }
    void handle_cast(double) { timeout_after(1ms); }
    void handle_cast(pid other) { monitor(other); }
    pid owner;
};

struct by_rvalue {
    using info_messages = messages<words, any_message>;
    explicit by_rvalue(pid o) : owner{o} {}
    task<> handle_cast(words&& w) { co_await show(owner, w.text); }
    task<std::string> handle_call(question&& q) {
        co_await sleep(1ms);
        co_return q.text;
    }
    task<> handle_call(put_off&& p, reply_to<std::string>&& to) {
        co_await sleep(1ms);
        to(p.text);
    }
    task<> handle_info(words&& w) { co_await show(owner, w.text); }
    task<> handle_info(any_message&& m) {
        co_await sleep(1ms);
        send(owner, m.describe());
    }
    pid owner;
};

template <class T>
task<> expect_all_read() {
    auto starting = start<T>(self());
    const start_result<T> started = co_await starting;
    const server<T> s = started.value();
    words text{long_text};
    s.cast(text);
    EXPECT_EQ(co_await receive<std::string>(), long_text);
    send(s.whereis(), text);
    EXPECT_EQ(co_await receive<std::string>(), long_text);
    const question asked{long_text};
    EXPECT_EQ(co_await s.call(asked), long_text);
    const put_off later{long_text};
    EXPECT_EQ(co_await s.call(later), long_text);
    send(s.whereis(), long_text + long_text);
    EXPECT_EQ(co_await receive<std::string>(), '"' + long_text + long_text + '"');
    co_await stop(s);
}

TEST(a_handlers_argument, stays_valid_after_a_wait_when_taken_by_const_reference) {
    run_everywhere([]() -> task<> {
        co_await expect_all_read<by_const_reference>();
        EXPECT_EQ(co_await receive<std::string>(), "normal");
    });
}

TEST(a_handlers_argument, stays_valid_after_a_wait_when_taken_by_rvalue_reference) {
    run_everywhere([]() -> task<> { co_await expect_all_read<by_rvalue>(); });
}

TEST(a_handlers_argument, stays_valid_after_a_wait_in_continue_timeout_down_and_terminate) {
    run_everywhere([]() -> task<> {
        auto starting = start<by_const_reference>(self());
        const auto s = (co_await starting).value();
        s.cast(1);
        EXPECT_EQ(co_await receive<std::string>(), long_text);
        s.cast(1.5);
        EXPECT_EQ(co_await receive<std::string>(), "timeout");
        const pid other = spawn([]() -> task<> {
            co_await receive<int>();
            exit(exit_reason::text(long_text));
        });
        s.cast(other);
        const question seen{long_text};
        co_await s.call(seen);  // the server monitors `other` now
        send(other, 1);
        EXPECT_EQ(co_await receive<std::string>(), '"' + long_text + '"');
        co_await stop(s, exit_reason::tuple(reason::shutdown, exit_reason::text(long_text)));
        EXPECT_EQ(co_await receive<std::string>(), "{shutdown,\"" + long_text + "\"}");
    });
}

task<> by_reference(const std::string& text, const pid& owner) {
    co_await sleep(1ms);
    send(owner, text);
}

TEST(an_argument_of_a_process, stays_valid_after_a_wait_when_taken_by_const_reference) {
    run_everywhere([]() -> task<> {
        spawn(by_reference, long_text, self());
        EXPECT_EQ(co_await receive<std::string>(), long_text);
        auto starting = supervisor::start_link(
            children(child("f", by_reference, long_text, self()).restart(temporary)));
        const pid top = (co_await starting).value().whereis();
        EXPECT_EQ(co_await receive<std::string>(), long_text);
        co_await stop(top);
    });
}

TEST(an_extra_argument, stays_valid_after_a_wait_when_taken_by_const_reference) {
    run_everywhere([]() -> task<> {
        auto starting = dynamic_supervisor::start_link({}, extra_arguments(long_text));
        const dynamic_supervisor top = (co_await starting).value();
        auto spec = child("f", by_reference, extra<std::string>, self()).restart(temporary);
        auto adding = top.start_child(spec);
        co_await adding;
        EXPECT_EQ(co_await receive<std::string>(), long_text);
        co_await stop(top.whereis());
    });
}

TEST(receive, returns_a_copy_of_the_object_that_its_clause_refers_to) {
    run_everywhere([]() -> task<> {
        words sent{long_text};
        send(self(), sent);
        auto next = receive([](const words& w) -> const std::string& { return w.text; });
        EXPECT_EQ(co_await next, long_text);
        send(self(), sent);
        auto rvalue = receive([](words&& w) noexcept -> std::string&& { return std::move(w.text); },
                              after(1s, [] { return std::string{"late"}; }));
        EXPECT_EQ(co_await rvalue, long_text);
    });
}

/// Takes counted objects, to be released after the handler.
struct unloads {
    struct cargo {
        test::counted held;
    };
    explicit unloads(pid o) : owner{o} {}
    void handle_cast(const cargo&) { send(owner, test::counted::existing()); }
    pid owner;
};

TEST(a_message, is_destroyed_when_its_handler_returns_and_not_at_the_next_message) {
    run_simulated([]() -> task<> {
        auto starting = start<unloads>(self());
        const auto s = (co_await starting).value();
        const long others = test::counted::existing();
        s.cast(unloads::cargo{});
        EXPECT_EQ(co_await receive<long>(), others + 1);
        co_await sleep(1s);
        EXPECT_EQ(test::counted::existing(), others);
        co_await stop(s);
    });
}

struct keeper {
    struct get {};
    const std::string& handle_call(get) const { return text; }
    struct get_const {};
    const std::string handle_call(get_const) const { return text; }  // NOLINT
    std::string text = long_text;
};

TEST(a_reply, is_a_copy_of_the_object_that_the_handler_refers_to) {
    run_everywhere([]() -> task<> {
        auto starting = start<keeper>();
        const auto s = (co_await starting).value();
        EXPECT_EQ(co_await s.call(keeper::get{}), long_text);
        EXPECT_EQ(co_await s.call(keeper::get{}), long_text);
        EXPECT_EQ(co_await s.call(keeper::get_const{}), long_text);
        co_await stop(s);
    });
}

}  // namespace
}  // namespace coppice
