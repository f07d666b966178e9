// SPDX-License-Identifier: Apache-2.0
// registry::lock: Elixir's tests of Registry.lock.

#include <stdexcept>
#include <string>

#include "coppice/registry.hpp"
#include "support/registrants.hpp"

namespace coppice {
namespace {

using names = registry<std::string>;
using test::end_of;
using test::killed;

struct holds {};
struct go_on {};

/// Starts a process that takes the lock, tells the caller, and holds the lock until `go_on`.
pid holder(const names& all, std::string key) {
    const pid parent = self();
    return spawn([all, key = std::move(key), parent]() -> task<> {
        const auto work = [parent]() -> task<> {
            send(parent, holds{});
            co_await receive<go_on>();
        };
        co_await all.lock(key, work);
    });
}

template <class Body>
void with_names(Body body) {
    for (const registry_keys keys : {registry_keys::unique, registry_keys::duplicate}) {
        test::run_with_partitions(keys, [body](registry_options options) -> task<> {
            auto starting = names::start_link(std::move(options));
            co_await starting;
            const names all{"r"};
            co_await body(all);
        });
    }
}

task<bool> hears_nothing() {
    auto waiting = receive([](holds) { return false; },
                           after(std::chrono::milliseconds{1}, [] { return true; }));
    co_return co_await waiting;
}

TEST(lock, answers_the_result_of_the_function) {
    with_names([](names all) -> task<> {
        auto locking = all.lock("a", [] { return 7; });
        EXPECT_EQ(co_await locking, 7);
    });
}

TEST(lock, of_different_keys_is_held_by_several_processes) {
    with_names([](names all) -> task<> {
        holder(all, "a");
        co_await receive<holds>();
        holder(all, "b");
        co_await receive<holds>();
    });
}

TEST(lock, of_one_key_is_held_by_one_process_at_a_time) {
    with_names([](names all) -> task<> {
        const pid first = holder(all, "a");
        co_await receive<holds>();
        holder(all, "a");
        auto quiet = hears_nothing();
        EXPECT_TRUE(co_await quiet);
        send(first, go_on{});
        co_await receive<holds>();
    });
}

TEST(lock, goes_on_when_the_function_throws) {
    with_names([](names all) -> task<> {
        const auto fails = []() -> int { throw std::runtime_error{"no"}; };
        const auto catches = [all, fails]() -> task<> {
            bool thrown = false;
            try {
                co_await all.lock("a", fails);
            } catch (const std::runtime_error&) {
                thrown = true;
            }
            EXPECT_TRUE(thrown);
        };
        co_await catches();
        holder(all, "a");
        co_await receive<holds>();
    });
}

TEST(lock, goes_on_when_the_holder_ends) {
    with_names([](names all) -> task<> {
        const pid first = holder(all, "a");
        co_await receive<holds>();
        holder(all, "a");
        co_await killed(first);
        co_await receive<holds>();
    });
}

TEST(lock, passes_over_a_process_that_ended_while_it_waited) {
    with_names([](names all) -> task<> {
        const pid first = holder(all, "a");
        co_await receive<holds>();
        const pid second = holder(all, "a");
        co_await sleep(std::chrono::milliseconds{1});  // the second process waits before the third
        holder(all, "a");
        co_await killed(second);
        auto quiet = hears_nothing();
        EXPECT_TRUE(co_await quiet);
        send(first, go_on{});
        co_await receive<holds>();
    });
}

}  // namespace
}  // namespace coppice
