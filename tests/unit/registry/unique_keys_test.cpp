// SPDX-License-Identifier: Apache-2.0
// A registry with unique keys: Elixir's registry/unique_test.exs, for types instead of terms.

#include <algorithm>
#include <string>
#include <vector>

#include "coppice/registry.hpp"
#include "coppice/sys.hpp"
#include "support/registrants.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using names = registry<std::string, int>;
using test::coming_end;
using test::end_of;
using test::killed;
using test::registrant;
using test::run_everywhere;

/// Starts the registry and runs the body of a test.
template <class Body>
void with_names(Body body) {
    test::run_with_partitions(registry_keys::unique, [body](registry_options options) -> task<> {
        auto starting = names::start_link(std::move(options));
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        const names all{"r"};
        co_await body(all);
    });
}

bool links_to(const process_information& of, const pid& other) {
    return std::find(of.links.begin(), of.links.end(), other) != of.links.end();
}

/// Whether the calling process is linked to the process.
task<bool> is_linked_to(pid other) {
    const std::vector<process_information> found = co_await process_info(self());
    co_return links_to(found.front(), other);
}

TEST(unique_keys, start_one_process_for_each_partition) {
    run_everywhere([]() -> task<> {
        registry_options options = registry_options{"r"}.partitions(8);
        auto starting = names::start_link(std::move(options));
        co_await starting;
        const supervisor top{"r"};
        auto counting = top.count_children();
        const child_counts counts = co_await counting;
        EXPECT_EQ(counts.workers, 8U);
        EXPECT_EQ(counts.active, 8U);
    });
}

TEST(unique_keys, of_an_empty_registry_are_none) {
    with_names([](names all) -> task<> {
        EXPECT_EQ(all.count(), 0U);
        EXPECT_TRUE(all.lookup("a").empty());
        EXPECT_EQ(all.whereis("a"), pid{});
        EXPECT_TRUE(all.keys(self()).empty());
        EXPECT_TRUE(all.select([](auto&&...) { return true; }).empty());
        co_return;
    });
}

TEST(unique_keys, are_counted_and_found) {
    with_names([](names all) -> task<> {
        EXPECT_TRUE(all.register_key("a", 1).has_value());
        EXPECT_TRUE(all.register_key("b", 2).has_value());
        EXPECT_EQ(all.count(), 2U);
        EXPECT_EQ(all.whereis("a"), self());
        const auto found = all.lookup("b");
        EXPECT_EQ(found.size(), 1U);
        EXPECT_EQ(found.front().process, self());
        EXPECT_EQ(found.front().value, 2);
        co_return;
    });
}

TEST(unique_keys, that_the_process_has_already_keep_their_value) {
    with_names([](names all) -> task<> {
        EXPECT_TRUE(all.register_key("a", 1).has_value());
        const auto again = all.register_key("a", 2);
        EXPECT_FALSE(again.has_value());
        EXPECT_EQ(again.error().process, self());
        EXPECT_EQ(all.values("a", self()), std::vector<int>{1});
        EXPECT_EQ(all.keys(self()), std::vector<std::string>{"a"});
        co_return;
    });
}

TEST(unique_keys, of_another_process_are_refused_and_leave_neither_link_nor_entry) {
    with_names([](names all) -> task<> {
        auto starting = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting;
        const auto refused = all.register_key("a", 2);
        EXPECT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().process, other);
        EXPECT_TRUE(all.keys(self()).empty());
        const std::vector<process_information> found = co_await process_info(self());
        EXPECT_EQ(found.front().links.size(), 1U);  // the registry itself
        EXPECT_EQ(all.whereis("a"), other);
    });
}

TEST(unique_keys, of_a_process_that_has_ended_are_free_at_once) {
    with_names([](names all) -> task<> {
        auto starting = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting;
        co_await killed(other);
        EXPECT_EQ(all.whereis("a"), pid{});
        EXPECT_TRUE(all.lookup("a").empty());
        EXPECT_EQ(all.count(), 0U);
        EXPECT_TRUE(all.keys(other).empty());
        EXPECT_TRUE(all.register_key("a", 2).has_value());
        EXPECT_EQ(all.whereis("a"), self());
    });
}

TEST(unique_keys, are_free_even_if_the_partition_cannot_clean_up) {
    run_everywhere([]() -> task<> {
        auto starting = names::start_link(registry_options{"r"});
        co_await starting;
        const names all{"r"};
        auto starting_other = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting_other;
        const supervisor top{"r"};
        auto listing = top.which_children();
        const std::vector<child_info> children = co_await listing;
        co_await sys::suspend(children.front().process);
        co_await killed(other);
        EXPECT_EQ(all.whereis("a"), pid{});
        EXPECT_TRUE(all.register_key("a", 2).has_value());
        EXPECT_EQ(all.whereis("a"), self());
        co_await sys::resume(children.front().process);
        co_await sleep(1ms);  // the partition now hears of the end
        EXPECT_EQ(all.whereis("a"), self());
    });
}

TEST(unique_keys, go_with_unregister) {
    with_names([](names all) -> task<> {
        all.register_key("a", 1);
        all.register_key("b", 2);
        all.unregister("a");
        all.unregister("a");
        all.unregister("never");
        EXPECT_EQ(all.whereis("a"), pid{});
        EXPECT_EQ(all.keys(self()), std::vector<std::string>{"b"});
        co_return;
    });
}

TEST(unique_keys, of_another_process_stay_at_unregister) {
    with_names([](names all) -> task<> {
        auto starting = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting;
        all.unregister("a");
        EXPECT_EQ(all.whereis("a"), other);
    });
}

TEST(unique_keys, go_with_unregister_match_if_the_value_fits) {
    with_names([](names all) -> task<> {
        all.register_key("a", 1);
        all.unregister_match("a", [](int value) { return value == 2; });
        EXPECT_EQ(all.whereis("a"), self());
        all.unregister_match("a", [](int value) { return value == 1; });
        EXPECT_EQ(all.whereis("a"), pid{});
        co_return;
    });
}

TEST(unique_keys, match_and_count_by_predicate) {
    with_names([](names all) -> task<> {
        all.register_key("a", 1);
        const auto one = [](int value) { return value == 1; };
        const auto two = [](int value) { return value == 2; };
        EXPECT_EQ(all.match("a", one).size(), 1U);
        EXPECT_EQ(all.match("a", two).size(), 0U);
        EXPECT_EQ(all.count_match("a", one), 1U);
        EXPECT_EQ(all.count_match("a", two), 0U);
        EXPECT_EQ(all.count_match("b", one), 0U);
        co_return;
    });
}

TEST(unique_keys, are_selected_by_key_process_and_value) {
    with_names([](names all) -> task<> {
        for (int i = 0; i < 100; ++i) {
            all.register_key(std::to_string(i), i);
        }
        const auto big = [](const std::string& key, const pid& who, int value) {
            return key.size() == 2 && who == self() && value >= 90;
        };
        EXPECT_EQ(all.count_select(big), 10U);
        std::vector<int> values;
        for (const names::full_entry& each : all.select(big)) {
            values.push_back(each.value);
        }
        std::sort(values.begin(), values.end());
        EXPECT_EQ(values, (std::vector<int>{90, 91, 92, 93, 94, 95, 96, 97, 98, 99}));
        co_return;
    });
}

TEST(unique_keys, have_a_value_that_only_their_process_updates) {
    with_names([](names all) -> task<> {
        const auto twice = [](int value) { return 2 * value; };
        EXPECT_FALSE(all.update_value("a", twice).has_value());
        auto starting = registrant([all] { all.register_key("other", 1); });
        co_await starting;
        EXPECT_FALSE(all.update_value("other", twice).has_value());
        all.register_key("a", 3);
        const auto changed = all.update_value("a", twice);
        EXPECT_TRUE(changed.has_value());
        EXPECT_EQ(changed->now, 6);
        EXPECT_EQ(changed->before, 3);
        EXPECT_EQ(all.values("a", self()), std::vector<int>{6});
        EXPECT_EQ(all.keys(self()), std::vector<std::string>{"a"});
        all.unregister("a");
        EXPECT_EQ(all.count(), 1U);
    });
}

TEST(unique_keys, are_dispatched_to_in_the_caller_and_only_if_present) {
    with_names([](names all) -> task<> {
        int calls = 0;
        const auto note = [&calls](const std::vector<names::entry>& entries) {
            ++calls;
            EXPECT_EQ(entries.size(), 1U);
            EXPECT_EQ(entries.front().value, 1);
        };
        all.dispatch("a", note);
        EXPECT_EQ(calls, 0);
        all.register_key("a", 1);
        all.dispatch("a", note);
        EXPECT_EQ(calls, 1);
        co_return;
    });
}

TEST(unique_keys, link_their_process_until_the_last_key_of_a_partition_goes) {
    run_everywhere([]() -> task<> {
        auto starting = names::start_link(registry_options{"r"});
        co_await starting;
        const names all{"r"};
        const auto given = all.register_key("a", 1);
        all.register_key("b", 1);
        auto linked = is_linked_to(*given);
        EXPECT_TRUE(co_await linked);
        all.unregister("a");
        auto still = is_linked_to(*given);
        EXPECT_TRUE(co_await still);
        all.unregister("b");
        auto no_longer = is_linked_to(*given);
        EXPECT_FALSE(co_await no_longer);
    });
}

TEST(unique_keys, end_with_a_partition_and_so_do_their_processes) {
    run_everywhere([]() -> task<> {
        auto starting = names::start_link(registry_options{"r"});
        co_await starting;
        const names all{"r"};
        pid partition;
        auto starting_other = registrant([all] { all.register_key("a", 1); });
        const pid other = co_await starting_other;
        const supervisor top{"r"};
        auto listing = top.which_children();
        const std::vector<child_info> children = co_await listing;
        partition = children.front().process;
        const coming_end end{other};
        exit(partition, reason::kill);
        EXPECT_EQ(co_await end.why(), reason::killed);
        pid restarted;
        while (!restarted || restarted == partition) {
            auto listing_again = top.which_children();
            const std::vector<child_info> now = co_await listing_again;
            restarted = now.front().process;
        }
        EXPECT_EQ(all.count(), 0U);
        EXPECT_TRUE(all.register_key("a", 1).has_value());
    });
}

TEST(unique_keys, tell_listeners_of_calls_and_not_of_ends) {
    run_everywhere([]() -> task<> {
        register_name("log", self());
        registry_options options = registry_options{"r"}.listeners({"log", "nobody"});
        auto starting = names::start_link(std::move(options));
        co_await starting;
        const names all{"r"};
        const pid me = self();
        all.register_key("a", 1);
        all.register_key("a", 2);
        all.unregister("never");
        auto told = receive([me](const registered_entry<std::string, int>& m) {
            return m.registry == "r" && m.key == "a" && m.process == me && m.value == 1;
        });
        EXPECT_TRUE(co_await told);
        auto told_again =
            receive([](const registered_entry<std::string, int>&) { return false; },
                    [](const unregistered_entry<std::string>& m) { return m.key == "never"; });
        EXPECT_TRUE(co_await told_again);
        auto starting_other = registrant([all] { all.register_key("b", 1); });
        const pid other = co_await starting_other;
        co_await killed(other);
        co_await receive<registered_entry<std::string, int>>();
        auto silence = receive([](const unregistered_entry<std::string>&) { return false; },
                               after(1ms, [] { return true; }));
        EXPECT_TRUE(co_await silence);
    });
}

TEST(unique_keys, tell_listeners_of_unregister_match_when_no_entry_of_the_caller_is_left) {
    run_everywhere([]() -> task<> {
        register_name("log", self());
        auto starting = names::start_link(registry_options{"r"}.listeners({"log"}));
        co_await starting;
        const names all{"r"};
        all.register_key("a", 1);
        co_await receive<registered_entry<std::string, int>>();
        all.unregister_match("a", [](int value) { return value == 2; });
        auto silence = receive([](const unregistered_entry<std::string>&) { return false; },
                               after(1ms, [] { return true; }));
        EXPECT_TRUE(co_await silence);
        all.unregister_match("a", [](int value) { return value == 1; });
        const auto told = co_await receive<unregistered_entry<std::string>>();
        EXPECT_EQ(told.key, "a");
        EXPECT_EQ(told.process, self());
        all.unregister_match("never", [](int) { return false; });
        const auto told_again = co_await receive<unregistered_entry<std::string>>();
        EXPECT_EQ(told_again.key, "never");
    });
}

TEST(unique_keys, of_an_unknown_registry_are_refused) {
    run_everywhere([]() -> task<> {
        const names all{"unknown"};
        EXPECT_THROW(all.register_key("a", 1), badarg_error);
        EXPECT_THROW(all.unregister("a"), badarg_error);
        EXPECT_THROW(static_cast<void>(all.lookup("a")), badarg_error);
        EXPECT_THROW(static_cast<void>(all.whereis("a")), badarg_error);
        EXPECT_THROW(static_cast<void>(all.keys(self())), badarg_error);
        EXPECT_THROW(static_cast<void>(all.count()), badarg_error);
        EXPECT_THROW(all.dispatch("a", [](const auto&) {}), badarg_error);
        co_return;
    });
}

TEST(unique_keys, of_other_types_are_refused) {
    with_names([](names) -> task<> {
        EXPECT_THROW(static_cast<void>(registry<int>{"r"}.count()), badarg_error);
        EXPECT_THROW(static_cast<void>((registry<std::string>{"r"}.count())), badarg_error);
        co_return;
    });
}

TEST(unique_keys, of_a_registry_that_has_ended_are_unknown) {
    run_everywhere([]() -> task<> {
        auto starting = names::start_link(registry_options{"r"});
        co_await starting;
        const names all{"r"};
        all.register_key("a", 1);
        trap_exit(true);
        co_await killed(whereis("r"));
        EXPECT_THROW(static_cast<void>(all.whereis("a")), badarg_error);
    });
}

TEST(registry_options_of, an_empty_name_or_no_partition_are_refused) {
    EXPECT_THROW(registry_options{""}, badarg_error);
    EXPECT_THROW(static_cast<void>(registry_options{"r"}.partitions(0)), badarg_error);
    EXPECT_EQ(registry_options{"r"}.partitions(1).partitions(), 1U);
    EXPECT_EQ(registry_options{"r"}.keys(), registry_keys::unique);
}

}  // namespace
}  // namespace coppice
