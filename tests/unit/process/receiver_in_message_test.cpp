// SPDX-License-Identifier: Apache-2.0
// A message may hold the pid of its receiver. The receiver may destroy the message before the send returns,
// so the sender does not read the pid again.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <utility>

#include "base/turn.hpp"
#include "process/runtime_core.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

struct errand {
    pid to;
};
struct overlooked {};
struct go {};
struct is_backlogged {};

constexpr std::size_t backlog = 96;

/// Lets the next send return only after the receiver has used the memory of the message again.
struct slow_route final : process_layer::signal_route {
    process_layer::receipt offer(const pid& to, detail::signal& moved) noexcept override {
        const bool waits = is_armed.exchange(false);
        const process_layer::receipt got = world->offer_now(to, moved);
        while (waits && !is_reused) {
        }
        return got;
    }

    detail::runtime_core* world = nullptr;
    std::atomic<bool> is_armed{false};
    std::atomic<bool> is_reused{false};
};

/// Leaves a backlog unread, so that a send to this process has a toll. Then takes one errand.
task<> takes_an_errand(const pid& router, slow_route& way) {
    for (std::size_t i = 0; i < backlog; ++i) {
        send(self(), overlooked{});
    }
    send(self(), go{});
    co_await receive<go>();
    send(router, is_backlogged{});
    co_await receive<errand>();
    const pid another{7, 0xDEADBEEF, 3};
    for (int i = 0; i < 64; ++i) {
        send(self(), errand{another});
    }
    way.is_reused = true;
    co_await receive<go>();
}

TEST(a_send, does_not_read_the_pid_of_its_receiver_after_the_receiver_has_the_message) {
    slow_route way;
    test::run_on_workers(2, [&way]() -> task<> {
        way.world = &detail::current_runtime();
        way.world->to_pids().open(way);
        const pid receiver =
            spawn([&way, router = self()] { return takes_an_errand(router, way); });
        send(self(), errand{receiver});
        any_message forwarded = co_await receive<any_message>();
        co_await receive<is_backlogged>();
        way.is_armed = true;
        send(forwarded.get<errand>()->to, std::move(forwarded));
        EXPECT_EQ(base::turn_here().overwhelms, receiver.index());
        exit(receiver, reason::kill);
    });
}

}  // namespace
}  // namespace coppice
