// SPDX-License-Identifier: Apache-2.0
// Every answer reaches the right wait, whether the process takes the answer in during its turn, or the
// sentinel takes the answer in during a long turn.

#include <functional>
#include <memory>

#include "coppice/detail/reply.hpp"
#include "process/runtime_core.hpp"
#include "process/signals.hpp"
#include "support/kids.hpp"
#include "support/looked_after.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::be_looked_after;
using test::run_everywhere_undisturbed;
using test::undisturbed;

/// Waits for the answer requested by `start`.
class answered_wait final : detail::timed_waiter {
  public:
    explicit answered_wait(std::function<void(std::uint64_t tag)> start)
        : start_{std::move(start)} {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> here) {
        suspend(here, detail::forever, [this](std::uint64_t tag) { start_(tag); });
    }
    std::optional<detail::signal_kind> await_resume() const noexcept { return answer_; }

  private:
    bool on_signal(detail::signal& s) override {
        answer_ = s.kind;
        return true;
    }
    detail::reply_effect on_reply(detail::message_node& reply) noexcept override {
        answer_ = reply.kind;
        return detail::reply_effect::ends_wait;
    }
    std::function<void(std::uint64_t)> start_;
    std::optional<detail::signal_kind> answer_;
};

/// Each sends the calling process the answer to a wait.
void send_reply(std::uint64_t tag) {
    detail::message_node* const reply = detail::as_reply(detail::no_value());
    reply->tag = tag;
    detail::deliver(self(), reply);
}
void send_down(std::uint64_t tag) {
    auto* down = new detail::down_signal{reason::noproc};
    down->tag = tag;
    down->flag = true;
    detail::deliver(self(), down);
}
void send_timeout(std::uint64_t tag) {
    auto* due = new process_layer::timeout_signal;
    due->tag = tag;
    detail::deliver(self(), due);
}

TEST(a_wait, gets_an_answer_that_the_sentinel_takes_in_while_the_wait_begins) {
    run_everywhere_undisturbed([]() -> task<> {
        answered_wait reply{[](std::uint64_t tag) {
            send_reply(tag);
            be_looked_after();
        }};
        EXPECT_EQ(co_await reply, detail::signal_kind::reply);
        answered_wait down{[](std::uint64_t tag) {
            send_down(tag);
            be_looked_after();
        }};
        EXPECT_EQ(co_await down, detail::signal_kind::down);
        answered_wait timeout{[](std::uint64_t tag) {
            send_timeout(tag);
            be_looked_after();
        }};
        EXPECT_EQ(co_await timeout, std::nullopt);
    });
}

TEST(a_wait, ends_when_its_begin_throws) {
    run_everywhere_undisturbed([]() -> task<> {
        answered_wait failing{[](std::uint64_t tag) {
            send_reply(tag);
            throw std::runtime_error{"nobody answers"};
        }};
        EXPECT_THROW(co_await failing, std::runtime_error);
        send(self(), 1);
        EXPECT_EQ(co_await receive<int>(), 1);
        co_await sleep(1ms);  // the reply meant for `failing` ends no later wait
        EXPECT_EQ(co_await receive_for<int>(0ms), std::nullopt);
    });
}

struct refuses {
    refuses() { coppice::exit("no"); }
};
struct dies_when_asked {
    struct ask {
        using reply = int;
    };
    int handle_call(ask) { coppice::exit("asked"); }
};
struct answers {
    struct ask {
        using reply = int;
    };
    int handle_call(ask) { return 7; }
};

/// Calls every waiting function, with an answer of each kind.
task<> wait_in_every_way() {
    auto refused = start_link<refuses>();
    EXPECT_EQ((co_await refused).error(), "no");
    auto alone = start<refuses>();
    EXPECT_EQ((co_await alone).error(), "no");
    auto starting = start<answers>();
    const server<answers> asked = (co_await starting).value();
    EXPECT_EQ(co_await asked.call(answers::ask{}), 7);
    auto mortal = start<dies_when_asked>();
    const server<dies_when_asked> dies = (co_await mortal).value();
    EXPECT_FALSE((co_await dies.try_call(dies_when_asked::ask{})).has_value());
    EXPECT_FALSE((co_await dies.try_call(dies_when_asked::ask{})).has_value());
    EXPECT_TRUE(co_await is_alive(asked.whereis()));
    EXPECT_FALSE(co_await is_alive(dies.whereis()));
    EXPECT_EQ((co_await process_info(asked.whereis())).size(), 1U);
    co_await stop(asked);
    const ref gone = monitor(asked.whereis());
    EXPECT_EQ((co_await receive<down_message>()).monitor, gone);
    co_await sleep(1ns);
    EXPECT_EQ(co_await receive_for<int>(1ns), std::nullopt);
    while (co_await receive_for<exit_message>(0ms)) {
    }
}

TEST(a_process_that_is_looked_after_all_the_time, loses_no_answer) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        test::run_on_workers(
            workers,
            []() -> task<> {
                trap_exit(true);
                const test::always_looked_after sentinel{self()};
                for (int i = 0; i < 100; ++i) {
                    co_await wait_in_every_way();
                }
            },
            undisturbed());
    }
}

TEST(a_supervisor_that_is_looked_after_all_the_time, starts_and_stops_its_children) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        test::run_on_workers(
            workers,
            []() -> task<> {
                for (int i = 0; i < 20; ++i) {
                    const supervisor s =
                        co_await test::started(children(test::obedient("a"), test::slow("b", 1us)),
                                               {.max_restarts = 1000});
                    const test::always_looked_after sentinel{s.whereis()};
                    for (int j = 0; j < 10; ++j) {
                        exit(co_await test::child_of(s, "a"), "again");
                        EXPECT_TRUE((co_await s.terminate_child("b")).has_value());
                        EXPECT_TRUE((co_await s.restart_child("b")).ok());
                    }
                    co_await stop(s.whereis());
                }
            },
            undisturbed());
    }
}

}  // namespace
}  // namespace coppice
