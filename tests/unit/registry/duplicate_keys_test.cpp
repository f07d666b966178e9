// SPDX-License-Identifier: Apache-2.0
// Registries with duplicate keys, by process and by key: Elixir's registry/duplicate_test.exs.

#include <algorithm>
#include <string>
#include <vector>

#include "coppice/registry.hpp"
#include "support/registrants.hpp"

namespace coppice {
namespace {

using topics = registry<std::string, int>;
using test::killed;
using test::processes_of;
using test::registrant;

/// Starts a registry of each kind and runs the body of a test.
template <class Body>
void with_topics(Body body) {
    for (const registry_keys keys : {registry_keys::duplicate, registry_keys::duplicate_by_key}) {
        SCOPED_TRACE(std::string{to_string(keys)});
        test::run_with_partitions(keys, [body](registry_options options) -> task<> {
            auto starting = topics::start_link(std::move(options));
            const auto started = co_await starting;
            EXPECT_TRUE(started.ok());
            const topics all{"r"};
            co_await body(all);
        });
    }
}

TEST(duplicate_keys, of_an_empty_registry_are_none) {
    with_topics([](topics all) -> task<> {
        EXPECT_EQ(all.count(), 0U);
        EXPECT_TRUE(all.lookup("a").empty());
        EXPECT_TRUE(all.select([](auto&&...) { return true; }).empty());
        co_return;
    });
}

TEST(duplicate_keys, are_taken_several_times_by_one_process) {
    with_topics([](topics all) -> task<> {
        EXPECT_TRUE(all.register_key("a", 1).has_value());
        EXPECT_TRUE(all.register_key("a", 2).has_value());
        EXPECT_TRUE(all.register_key("b", 3).has_value());
        EXPECT_EQ(all.count(), 3U);
        EXPECT_EQ(all.values("a", self()), (std::vector<int>{1, 2}));
        auto keys = all.keys(self());
        std::sort(keys.begin(), keys.end());
        EXPECT_EQ(keys, (std::vector<std::string>{"a", "a", "b"}));
        co_return;
    });
}

TEST(duplicate_keys, are_taken_by_several_processes) {
    with_topics([](topics all) -> task<> {
        auto starting = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting;
        all.register_key("a", 2);
        EXPECT_EQ(all.lookup("a").size(), 2U);
        EXPECT_EQ(all.values("a", other), std::vector<int>{1});
        EXPECT_EQ(all.values("a", self()), std::vector<int>{2});
        EXPECT_EQ(all.keys(other), std::vector<std::string>{"a"});
    });
}

TEST(duplicate_keys, of_a_process_that_has_ended_are_not_found) {
    with_topics([](topics all) -> task<> {
        auto starting = registrant([all] {
            all.register_key("a", 1);
            all.register_key("a", 2);
            all.register_key("b", 3);
        });
        const pid other = co_await starting;
        all.register_key("a", 4);
        co_await killed(other);
        EXPECT_EQ(all.count(), 1U);
        EXPECT_EQ(processes_of(all.lookup("a")), std::vector<pid>{self()});
        EXPECT_TRUE(all.keys(other).empty());
        int calls = 0;
        all.dispatch("b", [&calls](const auto&) { ++calls; });
        EXPECT_EQ(calls, 0);
    });
}

TEST(duplicate_keys, are_dispatched_to_once_for_each_partition_with_entries) {
    with_topics([](topics all) -> task<> {
        std::vector<pid> members;
        for (int i = 0; i < 20; ++i) {
            auto starting = registrant([all, i] { all.register_key("a", i); });
            members.push_back(co_await starting);
        }
        std::vector<pid> seen;
        all.dispatch("a", [&seen](const std::vector<topics::entry>& entries) {
            EXPECT_FALSE(entries.empty());
            for (const topics::entry& each : entries) {
                seen.push_back(each.process);
            }
        });
        std::sort(members.begin(), members.end());
        std::sort(seen.begin(), seen.end());
        EXPECT_EQ(seen, members);
        all.dispatch("b", [](const auto&) { ADD_FAILURE() << "no process has the key"; });
    });
}

TEST(duplicate_keys, of_one_process_all_go_with_unregister) {
    with_topics([](topics all) -> task<> {
        auto starting = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting;
        all.register_key("a", 2);
        all.register_key("a", 3);
        all.register_key("b", 4);
        all.unregister("a");
        EXPECT_EQ(processes_of(all.lookup("a")), std::vector<pid>{other});
        EXPECT_EQ(all.keys(self()), std::vector<std::string>{"b"});
        all.unregister("a");
        all.unregister("never");
        EXPECT_EQ(all.count(), 2U);
    });
}

TEST(duplicate_keys, whose_values_fit_go_with_unregister_match) {
    with_topics([](topics all) -> task<> {
        for (const int value : {1, 2, 3}) {
            all.register_key("a", value);
        }
        all.unregister_match("a", [](int value) { return value == 2; });
        EXPECT_EQ(all.values("a", self()), (std::vector<int>{1, 3}));
        EXPECT_EQ(all.keys(self()).size(), 2U);
        all.unregister("a");
        EXPECT_EQ(all.count(), 0U);
        co_return;
    });
}

TEST(duplicate_keys, match_count_and_select_by_predicate) {
    with_topics([](topics all) -> task<> {
        for (const int value : {1, 2, 3}) {
            all.register_key("a", value);
            all.register_key("b", 10 * value);
        }
        const auto odd = [](int value) { return value % 2 == 1; };
        EXPECT_EQ(all.match("a", odd).size(), 2U);
        EXPECT_EQ(all.count_match("a", odd), 2U);
        EXPECT_EQ(all.count_match("b", odd), 0U);
        const auto big = [](const std::string& key, const pid&, int value) {
            return key == "b" && value > 10;
        };
        EXPECT_EQ(all.select(big).size(), 2U);
        EXPECT_EQ(all.count_select(big), 2U);
        co_return;
    });
}

TEST(duplicate_keys, link_their_process_until_the_last_entry_goes) {
    with_topics([](topics all) -> task<> {
        const auto given = all.register_key("a", 1);
        all.register_key("a", 2);
        const std::vector<process_information> before = co_await process_info(self());
        EXPECT_EQ(before.front().links.size(), 2U);  // the registry and the partition
        all.unregister_match("a", [](int value) { return value == 1; });
        const std::vector<process_information> with_one = co_await process_info(self());
        EXPECT_EQ(with_one.front().links.size(), 2U);
        all.unregister("a");
        const std::vector<process_information> after = co_await process_info(self());
        EXPECT_EQ(after.front().links.size(), 1U);
        EXPECT_TRUE(given.has_value());
    });
}

TEST(duplicate_keys, have_neither_a_single_process_nor_an_update_nor_an_address) {
    with_topics([](topics all) -> task<> {
        all.register_key("a", 1);
        EXPECT_THROW(static_cast<void>(all.whereis("a")), badarg_error);
        EXPECT_THROW(all.update_value("a", [](int value) { return value; }), badarg_error);
        EXPECT_THROW(static_cast<void>(all.via("a").whereis()), badarg_error);
        EXPECT_THROW(send(all.via("a"), 1), badarg_error);
        co_return;
    });
}

}  // namespace
}  // namespace coppice
