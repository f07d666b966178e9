// SPDX-License-Identifier: Apache-2.0
// Tests of include/coppice/partition_supervisor.hpp.

#include "coppice/partition_supervisor.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of_new;

struct shard {
    struct number {};
    explicit shard(std::size_t given) : mine{given} {}
    std::size_t handle_call(number) const { return mine; }
    std::size_t mine;
};

/// Partitions that know their numbers.
child_spec numbered(std::size_t partition) {
    return child<shard>(partition);
}

task<partition_supervisor> fresh(partition_maker make, partition_supervisor_flags flags) {
    auto starting = partition_supervisor::start_link(std::move(make), flags);
    const start_result<partition_supervisor> started = co_await starting;
    EXPECT_TRUE(started.ok());
    co_return started.value();
}
task<partition_supervisor> fresh(std::size_t partitions) {
    return fresh(partition_maker{numbered}, {.name = "shards", .partitions = partitions});
}
template <class Key>
task<std::size_t> number_at(partition_supervisor of, Key key) {
    const server<shard> found = of.at<shard>(key);
    auto calling = found.call<shard::number>();
    co_return co_await calling;
}

TEST(partition_supervisor, starts_a_child_for_each_partition_and_leads_each_key_to_one) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(4);
        EXPECT_EQ(shards.partitions(), 4U);
        std::set<pid> seen;
        for (int key = 0; key < 100; ++key) {
            const pid by_number = shards.at(key);
            EXPECT_TRUE(by_number);
            EXPECT_EQ(by_number, shards.at(key));
            seen.insert(by_number);
            const std::string text = std::to_string(key);
            EXPECT_EQ(shards.at(text), shards.at(std::string_view{text}));
            EXPECT_EQ(shards.at(text), shards.at(text.c_str()));
        }
        EXPECT_EQ(seen.size(), 4U);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, takes_the_absolute_value_of_an_integer_key_modulo_the_partitions) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(3);
        EXPECT_EQ(co_await number_at(shards, 0), 0U);
        EXPECT_EQ(co_await number_at(shards, 2), 2U);
        EXPECT_EQ(co_await number_at(shards, 3), 0U);
        EXPECT_EQ(co_await number_at(shards, -1), 1U);
        EXPECT_EQ(co_await number_at(shards, -5), 2U);
        EXPECT_EQ(co_await number_at(shards, std::numeric_limits<std::int64_t>::min()),
                  (std::uint64_t{1} << 63U) % 3);
        EXPECT_EQ(co_await number_at(shards, std::numeric_limits<std::uint64_t>::max()), 0U);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, has_a_partition_for_each_scheduler_thread_by_default) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards =
            co_await fresh(partition_maker{numbered}, {.name = "shards"});
        EXPECT_EQ(shards.partitions(), detail::scheduler_threads());
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, starts_the_same_spec_for_each_partition) {
    test::run_everywhere([]() -> task<> {
        auto starting = partition_supervisor::start_link(child<shard>(std::size_t{7}),
                                                         {.name = "shards", .partitions = 2});
        const start_result<partition_supervisor> started = co_await starting;
        const partition_supervisor shards{"shards"};
        EXPECT_EQ(shards.whereis(), started.process());
        EXPECT_EQ(co_await number_at(shards, 0), 7U);
        EXPECT_EQ(co_await number_at(shards, 1), 7U);
        EXPECT_NE(shards.at(0), shards.at(1));
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, finds_a_restarted_partition_again) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(2);
        const pid first = shards.at(1);
        const pid other = shards.at(0);
        monitor(first);
        exit(first, "oops");
        co_await receive<down_message>();
        co_await shards.which_children();  // answered after the restart
        EXPECT_NE(shards.at(1), first);
        EXPECT_EQ(shards.at(0), other);
        EXPECT_EQ(co_await number_at(shards, 1), 1U);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, restarts_the_partitions_by_its_strategy) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards =
            co_await fresh(partition_maker{numbered},
                           {.name = "shards", .partitions = 2, .strategy = one_for_all});
        const pid other = shards.at(0);
        monitor(other);
        exit(shards.at(1), "oops");
        co_await receive<down_message>();
        co_await shards.which_children();
        EXPECT_NE(shards.at(0), other);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, starts_functions_and_custom_children) {
    test::run_everywhere([]() -> task<> {
        const auto either = [](std::size_t partition) {
            if (partition == 0) {
                return child("waits", []() -> task<> { co_await receive<int>(); });
            }
            return child_with_start("custom", [] { return start_link<shard>(std::size_t{9}); });
        };
        const partition_supervisor mixed =
            co_await fresh(partition_maker{either}, {.name = "mixed", .partitions = 2});
        EXPECT_TRUE(co_await is_alive(mixed.at(0)));
        EXPECT_EQ(co_await number_at(mixed, 1), 9U);
        co_await stop(mixed.whereis());
    });
}

TEST(partition_supervisor, refuses_flags_without_a_name_and_without_partitions) {
    test::run_everywhere([]() -> task<> {
        int refused = 0;
        try {
            auto starting = partition_supervisor::start_link(partition_maker{numbered}, {});
        } catch (const badarg_error&) {
            ++refused;
        }
        try {
            auto starting = partition_supervisor::start_link(partition_maker{numbered},
                                                             {.name = "shards", .partitions = 0});
        } catch (const badarg_error&) {
            ++refused;
        }
        EXPECT_EQ(refused, 2);
        co_return;
    });
}

TEST(partition_supervisor, that_is_not_there_ends_the_caller_with_noproc) {
    test::run_everywhere([]() -> task<> {
        const exit_reason counting = co_await end_of_new(
            [] { static_cast<void>(partition_supervisor{"nobody"}.partitions()); });
        EXPECT_EQ(counting[0], reason::noproc);
        EXPECT_EQ(counting[1][1], "partitions");
        EXPECT_EQ(counting[1][2][0], "nobody");
        const exit_reason finding =
            co_await end_of_new([] { static_cast<void>(partition_supervisor{"nobody"}.at(1)); });
        EXPECT_EQ(finding[0], reason::noproc);
        const exit_reason asking = co_await end_of_new([]() -> task<> {
            const partition_supervisor nobody{"nobody"};
            co_await nobody.count_children();
        });
        EXPECT_EQ(asking[0], reason::noproc);

        const partition_supervisor shards = co_await fresh(1);
        const pid ended = shards.whereis();
        co_await stop(ended);
        const exit_reason late = co_await end_of_new(
            [ended] { static_cast<void>(partition_supervisor{ended}.partitions()); });
        EXPECT_EQ(late[0], reason::noproc);
        EXPECT_FALSE(whereis("shards"));
    });
}

TEST(partition_supervisor, lists_and_counts_its_partitions) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(3);
        const std::vector<partition_info> all = co_await shards.which_children();
        EXPECT_EQ(all.size(), 3U);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const partition_info& each = all[i];
            EXPECT_EQ(each.partition, 2 - i) << "newest first";
            EXPECT_EQ(each.process, shards.at(each.partition));
            EXPECT_EQ(each.status, child_status::running);
            EXPECT_EQ(each.type, child_type::worker);
        }
        const child_counts counts = co_await shards.count_children();
        EXPECT_EQ(counts.active, 3U);
        EXPECT_EQ(counts.specs, 3U);
        EXPECT_EQ(counts.supervisors, 0U);
        EXPECT_EQ(counts.workers, 3U);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, counts_supervisors_apart) {
    test::run_everywhere([]() -> task<> {
        const auto trees = [](std::size_t) { return child_supervisor("tree", children()); };
        const partition_supervisor all =
            co_await fresh(partition_maker{trees}, {.name = "trees", .partitions = 2});
        const child_counts counts = co_await all.count_children();
        EXPECT_EQ(counts.supervisors, 2U);
        EXPECT_EQ(counts.workers, 0U);
        co_await stop(all.whereis());
    });
}

TEST(resize, stops_and_starts_partitions_in_any_order_of_sizes) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(4);
        static constexpr std::array<std::size_t, 6> sizes{2, 3, 1, 0, 4, 4};
        std::size_t before = 4;
        for (const std::size_t size : sizes) {
            EXPECT_EQ(co_await shards.resize(size), before);
            before = size;
            EXPECT_EQ(shards.partitions(), size);
            const child_counts counts = co_await shards.count_children();
            EXPECT_EQ(counts.active, size);
            EXPECT_EQ(counts.specs, 4U);
            for (std::size_t key = 0; key < 2 * size; ++key) {
                EXPECT_EQ(co_await number_at(shards, key), key % size);
            }
        }
        co_await stop(shards.whereis());
    });
}

TEST(resize, to_zero_leaves_no_place_for_a_key) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(2);
        co_await shards.resize(0);
        bool refused = false;
        try {
            static_cast<void>(shards.at(1));
        } catch (const badarg_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        co_await stop(shards.whereis());
    });
}

TEST(resize, refuses_more_partitions_than_at_the_start) {
    test::run_everywhere([]() -> task<> {
        const partition_supervisor shards = co_await fresh(2);
        bool refused = false;
        try {
            co_await shards.resize(3);
        } catch (const badarg_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
        EXPECT_EQ(shards.partitions(), 2U);
        EXPECT_EQ(co_await shards.resize(2), 2U);
        co_await stop(shards.whereis());
    });
}

TEST(partition_supervisor, is_a_child_with_its_name_as_the_id_and_comes_back_with_its_partitions) {
    test::run_everywhere([]() -> task<> {
        const child_spec spec = child<partition_supervisor>(partition_maker{numbered},
                                                            {.name = "shards", .partitions = 2});
        EXPECT_EQ(spec.id(), "shards");
        EXPECT_EQ(spec.type(), child_type::supervisor);
        auto starting = supervisor::start_link(children(spec));
        const auto started = co_await starting;
        const supervisor above = started.value();
        const partition_supervisor shards{"shards"};
        const pid first = shards.at(0);
        monitor(shards.whereis());
        exit(shards.whereis(), reason::kill);
        co_await receive<down_message>();
        co_await above.which_children();
        EXPECT_NE(shards.at(0), first);
        EXPECT_EQ(co_await number_at(shards, 1), 1U);
        co_await stop(above.whereis());
    });
}

}  // namespace
}  // namespace coppice
