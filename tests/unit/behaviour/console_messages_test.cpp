// SPDX-License-Identifier: Apache-2.0
// Messages from text: the listing, the sending, and the answers to wrong texts.

#include "coppice/console_messages.hpp"

#include <atomic>
#include <functional>
#include <memory>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;
using test::run_simulated;

using texts = std::vector<std::string>;

/// Takes messages by call, cast and info.
struct tally {
    struct increment {
        int by = 1;
    };
    struct get {};
    struct set {
        std::string name;
        std::uint8_t value = 0;
    };
    struct crash {};
    struct wait {};
    struct watch {
        std::function<void()> what;
    };
    struct borrow {
        using reply = int;
    };
    struct keep {
        std::unique_ptr<int> what;
    };
    using console_messages = messages<increment, get, set, crash, wait, watch, borrow, keep>;

    void handle_cast(increment m) { count += m.by; }
    int handle_call(increment m) { return count += m.by; }
    int handle_call(get) const { return count; }
    void handle_call(const set& m) { name = m.name, count = m.value; }
    void handle_cast(crash) { throw std::runtime_error{"it crashed"}; }
    int handle_call(crash) { throw std::runtime_error{"it crashed"}; }
    task<int> handle_call(wait) {
        co_await sleep(1h);
        co_return 1;
    }
    void handle_call(borrow, reply_to<int> to) { to(7); }
    void handle_cast(const watch& m) { m.what(); }
    void handle_info(keep m) { count = m.what ? *m.what : -1; }

    int count = 0;
    std::string name;
};

/// Lists only plain messages.
struct hears {
    struct news {
        std::string text;
    };
    struct silence {};
    using info_messages = messages<news, silence, exit_message, any_message, int>;

    void handle_info(news m) { last = m.text; }
    void handle_info(silence) { last = "silence"; }
    void handle_info(exit_message) {}
    void handle_info(any_message) { last = "any"; }
    void handle_info(int) { last = "int"; }
    struct get {};
    std::string handle_call(get) const { return last; }

    std::string last;
};

struct silent {
    struct get {};
    int handle_call(get) const { return 1; }
};

namespace first {
struct ping {};
}  // namespace first
namespace second {
struct ping {
    int number = 0;
};
}  // namespace second
struct twice {
    using console_messages = messages<first::ping, second::ping>;
    int handle_call(first::ping) const { return 1; }
    int handle_call(second::ping p) const { return p.number; }
};

/// A class with `from_string` as the only way to make one from text.
class nick {
  public:
    nick() = default;
    const std::string& name() const { return name_; }
    friend bool from_string(std::string_view text, nick& into) {
        if (text == "throw") {
            throw std::runtime_error{"no such nick"};
        }
        into.name_ = text;
        return text.size() < 5;
    }

  private:
    std::string name_;
};
struct doorman {
    struct greet {
        nick who;
    };
    using console_messages = messages<greet, int, nick>;
    std::string handle_call(const greet& m) const { return m.who.name(); }
    int handle_call(int number) const { return number + 1; }
    std::string handle_call(const nick& m) const { return "nick " + m.name(); }
};

template <class T>
task<server<T>> started(std::string name = {}) {
    start_options options;
    options.name = std::move(name);
    auto starting = start<T>(options);
    const start_result<T> result = co_await starting;
    co_return result.value();
}

/// The reply, or the error text.
task<std::string> called(sys::target who, std::string message, texts fields,
                         time_span timeout = sys::default_timeout) {
    const auto reply = co_await call_by_text(who, std::move(message), std::move(fields), timeout);
    co_return reply ? *reply : reply.error().text;
}
task<std::string> cast(sys::target who, std::string message, texts fields) {
    const auto sent = co_await cast_by_text(who, std::move(message), std::move(fields));
    co_return sent ? "sent" : sent.error().text;
}
task<std::string> sent(sys::target who, std::string message, texts fields) {
    const auto done = co_await send_by_text(who, std::move(message), std::move(fields));
    co_return done ? "sent" : done.error().text;
}

TEST(a_call_by_text, has_the_reply_of_the_typed_call_as_text) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>("tally");
        const texts none;
        const texts five{"5"};
        const texts named{"by=10"};
        const texts colon{"by: 100"};
        EXPECT_EQ(co_await called("tally", "increment", five), "5");
        EXPECT_EQ(co_await called(s, "increment", named), "15");
        EXPECT_EQ(co_await called(s.whereis(), "increment", colon), "115");
        EXPECT_EQ(co_await called("tally", "increment", none), "116");
        EXPECT_EQ(co_await called("tally", "get", none), "116");
        EXPECT_EQ(co_await called("tally", "borrow", none), "7");
        const texts set{"value = 200", "\"a name\""};
        const texts bare{"a name, bare", "7"};
        EXPECT_EQ(co_await called("tally", "set", bare), "ok");
        const tally state = co_await sys::get_state(s);
        EXPECT_EQ(state.name, "a name, bare");
        EXPECT_EQ(state.count, 7);
        EXPECT_NE(co_await called("tally", "set", set), "ok") << "a place after a name";
    });
}

TEST(a_cast_and_a_send_by_text, reach_their_handlers) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>();
        const texts three{"3"};
        const texts null{"null"};
        EXPECT_EQ(co_await cast(s, "increment", three), "sent");
        EXPECT_EQ(co_await s.call(tally::get{}), 3);
        EXPECT_EQ(co_await sent(s, "keep", three), "sent");
        EXPECT_EQ(co_await s.call(tally::get{}), 3);
        EXPECT_EQ(co_await sent(s, "keep", null), "sent");
        EXPECT_EQ(co_await s.call(tally::get{}), -1);
        const server<hears> h = co_await started<hears>();
        const texts news{"it rains"};
        EXPECT_EQ(co_await sent(h, "news", news), "sent");
        EXPECT_EQ(co_await h.call(hears::get{}), "it rains");
    });
}

TEST(the_messages_of_a_server, are_listed_with_their_fields_and_handlers) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>();
        const auto all = co_await console_messages(s);
        if (!all) {
            ADD_FAILURE() << to_string(all.error());
            co_return;
        }
        std::string told;
        for (const message_description& each : *all) {
            told += to_string(each) + (each.calls ? " call" : "") + (each.casts ? " cast" : "") +
                    (each.infos ? " info" : "") + "\n";
        }
        EXPECT_EQ(told,
                  "increment{by: int = 1} call cast\n"
                  "get call\n"
                  "set{name: string, value: uint8} call\n"
                  "crash call cast\n"
                  "wait call\n"
                  "watch{what: function<void ()>}, which cannot be read from a text because of "
                  "field what, a "
                  "function<void ()> cast\n"
                  "borrow call\n"
                  "keep{what: int or null = null} info\n");
        const field_description by{"by", "int", "5", "1"};
        EXPECT_EQ((*all)[0].fields, std::vector{by});
    });
}

TEST(the_messages_of_a_server, default_to_the_aggregates_of_its_info_messages) {
    run_everywhere([]() -> task<> {
        const server<hears> s = co_await started<hears>();
        const auto all = co_await console_messages(s);
        const auto none = co_await console_messages(co_await started<silent>());
        EXPECT_TRUE(none && none->empty());
        if (!all || all->size() != 2) {
            ADD_FAILURE();
            co_return;
        }
        EXPECT_EQ(to_string((*all)[0]), "news{text: string}");
        EXPECT_EQ(to_string((*all)[1]), "silence");
        EXPECT_TRUE((*all)[0].infos && !(*all)[0].calls && !(*all)[0].casts);
    });
}

TEST(a_message_by_text, that_is_unknown_is_answered_with_the_known_messages) {
    run_everywhere([]() -> task<> {
        const server<hears> h = co_await started<hears>("hears");
        co_await started<silent>("silent");
        const texts none;
        EXPECT_EQ(co_await sent("hears", "noise", none),
                  "hears has no message noise; it has news{text: string}, silence");
        EXPECT_EQ(co_await sent("hears", "ilence", none),
                  "hears has no message ilence; it has news{text: string}, silence");
        EXPECT_EQ(co_await called("silent", "get", none),
                  "silent lists no messages; add to its class `using console_messages = "
                  "coppice::messages<...>;`");
        EXPECT_EQ(co_await called("hears", "silence", none),
                  "silence is for send and not for call");
        const auto refused = co_await call_by_text("silent", "get", none);
        EXPECT_EQ(refused.error().why, reason::badarg);
    });
}

TEST(a_message_by_text, whose_fields_are_wrong_is_answered_with_the_field_and_an_example) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>();
        const texts word{"many"};
        const texts two{"1", "2"};
        const texts large{"x", "256"};
        const texts fits{"x", "255"};
        const texts missing{"value=1"};
        const texts again{"name=x", "name=y"};
        EXPECT_EQ(co_await called(s, "increment", word),
                  "increment{by: int = 1}: by takes a whole number from -2147483648 to 2147483647, "
                  "such as 5, and not \"many\"");
        EXPECT_EQ(co_await called(s, "increment", two),
                  "increment{by: int = 1}: the value takes increment{by: int}, such as "
                  "increment{by: 5}, and not more fields");
        EXPECT_EQ(co_await called(s, "get", word),
                  "get: the value takes get{}, such as get{}, and not \"many\"");
        EXPECT_EQ(co_await called(s, "set", large),
                  "set{name: string, value: uint8}: value takes a whole number from 0 to 255, "
                  "such as 5, and not \"256\", which is out of range");
        EXPECT_EQ(co_await called(s, "set", fits), "ok");
        EXPECT_EQ(co_await called(s, "set", missing),
                  "set{name: string, value: uint8}: name takes a text, such as \"text\", and not "
                  "nothing");
        EXPECT_EQ(co_await called(s, "set", again),
                  "set{name: string, value: uint8}: name takes a text, such as \"text\", and not a "
                  "second value");
    });
}

TEST(a_message_by_text, with_an_unreadable_field_is_answered_with_the_reason) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>();
        const texts text{"x"};
        EXPECT_EQ(co_await cast(s, "watch", text),
                  "watch{what: function<void ()>}, which cannot be read from a text because of "
                  "field what, a "
                  "function<void ()>");
    });
}

TEST(a_message_by_text, with_an_ambiguous_name_needs_its_namespace) {
    run_everywhere([]() -> task<> {
        const server<twice> s = co_await started<twice>();
        const texts none;
        const texts nine{"9"};
        EXPECT_EQ(co_await called(s, "first::ping", none), "1");
        EXPECT_EQ(co_await called(s, "second::ping", nine), "9");
        const std::string refused = co_await called(s, "ping", none);
        EXPECT_NE(refused.find("has more than one message ping"), std::string::npos) << refused;
    });
}

TEST(a_message_by_text, may_be_of_a_class_with_its_own_reader) {
    run_everywhere([]() -> task<> {
        const server<doorman> s = co_await started<doorman>();
        const texts ada{"ada"};
        const texts large{"barbara"};
        const texts thrown{"throw"};
        const texts five{"5"};
        EXPECT_EQ(co_await called(s, "greet", ada), "\"ada\"");
        EXPECT_EQ(co_await called(s, "nick", ada), "\"nick ada\"");
        EXPECT_EQ(co_await called(s, "int", five), "6");
        EXPECT_EQ(co_await called(s, "greet", large),
                  "greet{who: nick}: who takes a nick, and not \"barbara\"");
        EXPECT_EQ(co_await called(s, "greet", thrown), "greet cannot be made: no such nick");
    });
}

TEST(a_call_by_text, fails_with_the_reason_of_the_typed_call) {
    run_simulated([]() -> task<> {
        const server<tally> s = co_await started<tally>("tally");
        const texts none;
        const auto late = co_await call_by_text("tally", "wait", none, 50ms);
        const tally::wait waits;
        auto calling = server<tally>{"tally"}.try_call(waits, 50ms);
        const auto typed = co_await calling;
        EXPECT_EQ(late.error().text, "tally does not answer in time");
        EXPECT_EQ(to_string(late.error().why), to_string(typed.error()));
        const auto nobody = co_await call_by_text("nobody", "get", none);
        EXPECT_EQ(nobody.error().text, "there is no process nobody");
        EXPECT_EQ(to_string(nobody.error().why), "{noproc,{gen_server,call,{nobody,get,5000}}}");
    });
}

TEST(a_call_by_text, fails_with_the_end_of_the_server) {
    run_everywhere([]() -> task<> {
        const server<tally> s = co_await started<tally>();
        const texts none;
        const auto crashed = co_await call_by_text(s, "crash", none);
        EXPECT_EQ(to_string(crashed.error().why[0]), "{std::runtime_error,\"it crashed\"}");
        const auto gone = co_await call_by_text(s, "get", none);
        EXPECT_EQ(gone.error().why[0], reason::noproc);
        const auto not_sent = co_await cast_by_text(s, "increment", none);
        EXPECT_EQ(not_sent.error().why[0], reason::noproc);
        const auto unlisted = co_await console_messages(s);
        EXPECT_EQ(unlisted.error(), reason::noproc);
    });
}

TEST(a_process_that_is_no_server, is_refused_at_once_and_gets_no_message) {
    run_everywhere([]() -> task<> {
        const pid plain = spawn([]() -> task<> { co_await receive<int>(); });
        const texts none;
        const auto refused = co_await call_by_text(plain, "get", none);
        EXPECT_EQ(refused.error().why, reason::badarg);
        EXPECT_EQ(refused.error().text, to_string(plain) + " is no server");
        const auto unlisted = co_await console_messages(plain);
        EXPECT_EQ(unlisted.error(), reason::badarg);
        const auto info = co_await process_info(plain);
        EXPECT_EQ(info[0].message_queue_len, 0U);
        send(plain, 1);
    });
}

TEST(a_server_that_is_busy_or_suspended, still_lists_its_messages) {
    run_everywhere([]() -> task<> {
        const server<tally> busy = co_await started<tally>();
        const server<tally> held = co_await started<tally>();
        const pid caller = spawn([busy]() -> task<> {
            const texts none;
            co_await call_by_text(busy, "wait", none, no_timeout);
        });
        co_await sleep(1ms);
        co_await sys::suspend(held);
        const auto first = co_await console_messages(busy);
        const auto second = co_await console_messages(held);
        EXPECT_TRUE(first && second && first->size() == 8 && second->size() == 8);
        exit(caller, reason::kill);
        exit(busy.whereis(), reason::kill);
        exit(held.whereis(), reason::kill);
    });
}

std::atomic<bool> may_return{false};
struct stubborn {
    struct hold {};
    using console_messages = messages<hold>;
    void handle_cast(hold) {
        while (!may_return) {
        }
    }
};

TEST(a_server_whose_handler_does_not_return, still_lists_its_messages) {
    runtime_options options = testing::sim_world::quiet();
    options.stuck_after = 2ms;
    for (const unsigned workers : {1U, 2U, 4U}) {
        may_return = false;
        test::run_on_workers(
            workers,
            []() -> task<> {
                const server<stubborn> s = co_await started<stubborn>();
                s.cast(stubborn::hold{});
                co_await sleep(5ms);
                const auto all = co_await console_messages(s, 1min);
                EXPECT_TRUE(all && all->size() == 1);
                const std::vector<std::string> none;
                const auto reply = co_await call_by_text(s, "hold", none, 1min);
                EXPECT_EQ(reply.error().text, "hold is for cast and not for call");
                may_return = true;
                exit(s.whereis(), reason::kill);
            },
            options);
    }
}

TEST(a_server, that_calls_itself_by_text_gets_badarg) {
    run_everywhere([]() -> task<> {
        const server<test::scripted> s = co_await test::fresh();
        const auto asks = [](test::scripted&) -> task<int> {
            const texts none;
            const auto told = co_await call_by_text(self(), "note", none);
            co_return told.error().why == reason::badarg ? 1 : 0;
        };
        test::scripted::ask_task asked{asks};
        EXPECT_EQ(co_await s.call(asked), 1) << "it lists no message for calls";
    });
}

}  // namespace
}  // namespace coppice
