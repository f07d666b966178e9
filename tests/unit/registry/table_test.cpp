// SPDX-License-Identifier: Apache-2.0
// The table of a partition under readers and writers on several threads.

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "coppice/registry.hpp"
#include "support/registrants.hpp"

namespace coppice {
namespace {

using test::run_on_workers;

constexpr int writers = 8;
constexpr int rounds = 2000;

/// Counts its instances.
struct counted_value {
    counted_value() noexcept { ++alive; }
    counted_value(const counted_value& other) noexcept : number{other.number} { ++alive; }
    explicit counted_value(int n) noexcept : number{n} { ++alive; }
    counted_value& operator=(const counted_value&) = default;
    ~counted_value() { --alive; }
    int number = 0;
    inline static std::atomic<int> alive{0};
};
using table = registry<int, counted_value>;

TEST(registry_table, is_read_while_processes_come_and_go) {
    for (const unsigned workers : {1U, 2U, 4U}) {
        run_on_workers(workers, []() -> task<> {
            auto starting = table::start_link(registry_options{"t"}.partitions(2));
            co_await starting;
            const table all{"t"};
            all.register_key(-1, counted_value{-1});
            std::vector<pid> running;
            for (int writer = 0; writer < writers; ++writer) {
                running.push_back(spawn([all, writer]() -> task<> {
                    for (int round = 0; round < rounds; ++round) {
                        const int key = writer * rounds + round;
                        EXPECT_TRUE(all.register_key(key, counted_value{key}).has_value());
                        EXPECT_EQ(all.whereis(key), self());
                        EXPECT_EQ(all.whereis(-1) == pid{}, false);  // a bystander is always found
                        if (round % 3 != 0) {
                            all.unregister(key);
                            EXPECT_EQ(all.whereis(key), pid{});
                        }
                        co_await yield_if_due();
                    }
                }));
            }
            for (const pid& each : running) {
                co_await test::end_of(each);
            }
            EXPECT_EQ(all.count(), 1U);
        });
    }
    EXPECT_EQ(counted_value::alive.load(), 0);
}

TEST(registry_table, with_one_key_is_dispatched_to_while_members_change) {
    run_on_workers(4, []() -> task<> {
        auto starting =
            table::start_link(registry_options{"t", registry_keys::duplicate}.partitions(4));
        co_await starting;
        const table all{"t"};
        all.register_key(0, counted_value{1});
        std::vector<pid> running;
        for (int writer = 0; writer < writers; ++writer) {
            running.push_back(spawn([all]() -> task<> {
                for (int round = 0; round < rounds / 10; ++round) {
                    all.register_key(0, counted_value{2});
                    std::size_t seen = 0;
                    all.dispatch(0, [&seen](const auto& entries) { seen += entries.size(); });
                    EXPECT_GE(seen, 2U);  // the bystander's entry and the own one
                    all.unregister(0);
                    co_await yield();
                }
            }));
        }
        for (const pid& each : running) {
            co_await test::end_of(each);
        }
        EXPECT_EQ(all.count(), 1U);
    });
    EXPECT_EQ(counted_value::alive.load(), 0);
}

}  // namespace
}  // namespace coppice
