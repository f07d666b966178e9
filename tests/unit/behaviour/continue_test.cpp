// SPDX-License-Identifier: Apache-2.0
// How often a handler may ask to be continued.

#include "support/servers.hpp"

namespace coppice {
namespace {

using test::run_everywhere;

struct greedy {
    struct twice {};
    struct again {
        int left;
    };
    struct stop_now {};
    explicit greedy(pid o) : owner{o} {}
    void handle_cast(twice) {
        continue_with(this, again{0});
        continue_with(this, again{0});
    }
    void handle_cast(again a) { continue_with(this, a); }
    void handle_cast(stop_now) { stop_with(); }
    void handle_continue(again a) {
        send(owner, a.left);
        if (a.left > 0) {
            continue_with(this, again{a.left - 1});
        }
    }
    void terminate(const exit_reason& why) {
        if (why == reason::normal) {
            continue_with(this, again{0});
        }
    }
    pid owner;
};

/// The text of the exception that ends the server after `m`.
template <class M>
task<std::string> dies_of(M m) {
    auto starting = start<greedy>(self());
    const start_result<greedy> started = co_await starting;
    const auto s = started.value();
    monitor(s.whereis());
    s.cast(m);
    const auto down = co_await receive<down_message>();
    co_return down.why.as_error() == nullptr ? to_string(down.why) : down.why.as_error()->what;
}

TEST(continue_with, twice_in_one_handler_crashes_the_server_with_a_sentence) {
    run_everywhere([]() -> task<> {
        auto dying = dies_of(greedy::twice{});
        EXPECT_TRUE((co_await dying).starts_with("continue_with was called twice"));
    });
}

TEST(continue_with, in_terminate_crashes_the_server_with_a_sentence) {
    run_everywhere([]() -> task<> {
        auto dying = dies_of(greedy::stop_now{});
        EXPECT_TRUE((co_await dying).starts_with("continue_with in terminate"));
    });
}

TEST(continue_with, once_in_each_handle_continue_goes_on) {
    run_everywhere([]() -> task<> {
        auto starting = start<greedy>(self());
        const auto s = (co_await starting).value();
        s.cast(greedy::again{3});
        for (int expected = 3; expected >= 0; --expected) {
            EXPECT_EQ(co_await receive<int>(), expected);
        }
        co_await stop(s, reason::shutdown);
    });
}

}  // namespace
}  // namespace coppice
