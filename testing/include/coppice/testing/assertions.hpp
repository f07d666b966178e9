// SPDX-License-Identifier: Apache-2.0
// Assertions for the body of a test that is a process.
//
//     co_await assert_receive<int>();                          // an int within 100 ms
//     co_await assert_receive<int>([](int m) { return m > 7; }, 1s);
//     co_await refute_receive<int>();                          // none within 100 ms
//     co_await assert_down(worker, reason::shutdown);          // ends within 100 ms, for this reason
//     co_await eventually([] { return whereis("cache") != pid{}; });
//
// Times are of the clock of the runtime: in a simulation no real time passes. A failed assertion throws
// `assertion_failed`, so the process of the body ends with an exit reason that has the text. No test framework
// is needed.
//
// Threads    Inside a process. `eventually` with a world: outside of processes, on the thread of the world.
// Blocking   Awaited, up to the limit.
// Ownership  Conditions are copied.
// Errors     `assertion_failed`. std::invalid_argument for a period that is not positive.
// Cost       As `receive`, `monitor` and `sleep`.
// Semantics  ExUnit's assert_receive and refute_receive.

#pragma once

#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/testing/sim_world.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::testing {

/// An assertion of this header has failed. The text begins with file and line.
class assertion_failed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The limit of an assertion unless another one is given, as in ExUnit.
inline constexpr std::chrono::milliseconds default_patience{100};

namespace detail {
[[noreturn]] void fail_assertion(const std::source_location& where, const std::string& what);
/// Fails with the contents of the mailbox.
task<> fail_to_receive(std::source_location where, std::string type, time_span within);
void require_positive(time_span every);
time_span shorter(time_span one, time_span other);

template <class M>
struct any_of_type {
    bool operator()(const M&) const { return true; }
};

template <class Condition>
task<bool> is_met(Condition& holds) {
    if constexpr (std::is_invocable_r_v<task<bool>, Condition&>) {
        auto asked = holds();
        const bool answer = co_await asked;
        co_return answer;
    } else {
        co_return static_cast<bool>(holds());
    }
}
}  // namespace detail

/// Waits for a message of type `M` that meets the condition, and takes the message out of the mailbox.
template <class M, class Condition>
    requires std::is_invocable_r_v<bool, const Condition&, const M&>
task<M> assert_receive(Condition condition, time_span within = default_patience,
                       std::source_location where = std::source_location::current()) {
    auto waiting =
        receive(when(std::move(condition), [](M m) { return std::optional<M>{std::move(m)}; }),
                after(within, [] { return std::optional<M>{}; }));
    std::optional<M> got = co_await waiting;
    if (!got) {
        auto failing =
            detail::fail_to_receive(where, coppice::detail::short_type_name<M>(), within);
        co_await failing;
    }
    co_return std::move(*got);
}
/// The same for any message of type `M`.
template <class M>
task<M> assert_receive(time_span within = default_patience,
                       std::source_location where = std::source_location::current()) {
    return assert_receive<M>(detail::any_of_type<M>{}, within, where);
}

/// Waits for the whole time. Fails if a message of type `M` is in the mailbox, or comes.
template <class M>
task<> refute_receive(time_span within = default_patience,
                      std::source_location where = std::source_location::current()) {
    auto waiting = receive_for<M>(within);
    const std::optional<M> came = co_await waiting;
    if (came) {
        detail::fail_assertion(where, "refute_receive: a message of type " +
                                          coppice::detail::short_type_name<M>() + " came");
    }
}

/// Waits for the end of a process and gives the exit reason; `noproc` for a process that had ended before.
task<exit_reason> assert_down(pid who, time_span within = default_patience,
                              std::source_location where = std::source_location::current());
/// The same. Fails if the reason is another one.
task<> assert_down(pid who, exit_reason expected, time_span within = default_patience,
                   std::source_location where = std::source_location::current());

/// Waits until the condition holds: asks at once, then again and again, `every` so often, until `within` has
/// passed. The condition returns bool, or is a coroutine that returns task<bool>.
template <class Condition>
    requires(!std::is_same_v<std::remove_cvref_t<Condition>, sim_world>)
task<> eventually(Condition holds, time_span within = std::chrono::seconds{1},
                  time_span every = std::chrono::milliseconds{10},
                  std::source_location where = std::source_location::current()) {
    detail::require_positive(every);
    const auto began = monotonic_time();
    for (;;) {
        auto asking = detail::is_met(holds);
        const bool met = co_await asking;
        if (met) {
            co_return;
        }
        const auto passed = monotonic_time() - began;
        if (passed >= within.value()) {
            detail::fail_assertion(where, "eventually: the condition did not hold in time");
        }
        const auto pause = detail::shorter(every, within.value() - passed);
        co_await sleep(pause);
    }
}

/// The same for a test that drives the world: lets the time of the world pass.
template <class Condition>
void eventually(sim_world& world, Condition holds, time_span within = std::chrono::seconds{1},
                time_span every = std::chrono::milliseconds{10},
                std::source_location where = std::source_location::current()) {
    detail::require_positive(every);
    const auto began = world.now();
    world.run_until_idle();
    while (!holds()) {
        const auto passed = world.now() - began;
        if (passed >= within.value()) {
            detail::fail_assertion(where, "eventually: the condition did not hold in time");
        }
        world.advance(detail::shorter(every, within.value() - passed));
    }
}

}  // namespace coppice::testing

#pragma GCC visibility pop
