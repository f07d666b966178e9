// SPDX-License-Identifier: Apache-2.0
// Addresses via a registry, in each place that takes an address.

#include <string>
#include <unordered_set>
#include <vector>

#include "coppice/agent.hpp"
#include "coppice/registry.hpp"
#include "support/registrants.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using names = registry<std::string, int>;
using test::end_of;
using test::killed;
using test::registrant;
using test::run_everywhere;

struct echo {
    struct where {};
    struct tick {};
    pid handle_call(where) const { return self(); }
    void handle_cast(where) { ++casts; }
    void handle_info(tick) { ++ticks; }
    int casts = 0;
    int ticks = 0;
};

template <class Body>
void with_names(Body body) {
    run_everywhere([body]() -> task<> {
        auto starting = names::start_link(registry_options{"r"});
        co_await starting;
        const names all{"r"};
        co_await body(all);
    });
}

TEST(address_via, names_a_server_at_its_start) {
    with_names([](names all) -> task<> {
        const address to = all.via("a", 7);
        auto starting = start_link<echo>(named(to));
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        EXPECT_EQ(to.whereis(), started.process());
        EXPECT_EQ(all.values("a", started.process()), std::vector<int>{7});
        const server<echo> by_key{to};
        echo::where asked;
        auto calling = by_key.call(asked);
        EXPECT_EQ(co_await calling, started.process());
        EXPECT_EQ(by_key.whereis(), started.process());
        EXPECT_EQ(by_key.name(), "");
    });
}

TEST(address_via, of_a_living_process_fails_another_start) {
    with_names([](names all) -> task<> {
        auto first = start<echo>(named(all.via("a")));
        const auto started = co_await first;
        auto second = start<echo>(named(all.via("a")));
        const auto refused = co_await second;
        EXPECT_FALSE(refused.ok());
        EXPECT_EQ(refused.error(),
                  exit_reason::tuple("already_started", exit_reason::process(started.process())));
        co_await killed(started.process());
        auto third = start<echo>(named(all.via("a")));
        const auto again = co_await third;
        EXPECT_TRUE(again.ok());
    });
}

TEST(address_via, of_no_process_fails_a_call_with_noproc_and_drops_a_cast) {
    with_names([](names all) -> task<> {
        const server<echo> nobody{all.via("a")};
        EXPECT_EQ(nobody.whereis(), pid{});
        echo::where asked;
        nobody.cast(asked);
        auto calling = nobody.try_call(asked);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        EXPECT_NE(to_string(answer.error()).find("noproc"), std::string::npos);
        EXPECT_NE(to_string(answer.error()).find("via"), std::string::npos);
    });
}

TEST(address_via, of_no_process_refuses_a_plain_send) {
    with_names([](names all) -> task<> {
        EXPECT_THROW(send(all.via("a"), echo::tick{}), badarg_error);
        co_return;
    });
}

TEST(address_via, names_a_child_at_each_start) {
    with_names([](names all) -> task<> {
        auto starting = supervisor::start_link(children(child<echo>().name(all.via("a"))));
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        const server<echo> by_key{all.via("a")};
        const pid first = by_key.whereis();
        EXPECT_NE(first, pid{});
        co_await killed(first);
        pid second;
        while (!second) {
            co_await sleep(1ms);
            second = by_key.whereis();
        }
        EXPECT_NE(second, first);
    });
}

TEST(address_via, names_a_supervisor_class) {
    struct tree {
        static supervisor_init init() { return supervisor::init(children(child<echo>())); }
    };
    with_names([](names all) -> task<> {
        auto starting = supervisor::start_link<tree>(named(all.via("tree")));
        const auto started = co_await starting;
        EXPECT_TRUE(started.ok());
        const supervisor by_key{all.via("tree")};
        auto counting = by_key.count_children();
        const child_counts counts = co_await counting;
        EXPECT_EQ(counts.workers, 1U);
    });
}

TEST(address_via, names_no_function) {
    with_names([](names all) -> task<> {
        EXPECT_THROW(child("f", []() -> task<> { co_return; }).name(all.via("a")), badarg_error);
        co_return;
    });
}

TEST(address_via, is_looked_up_when_a_timer_fires) {
    with_names([](names all) -> task<> {
        const address to = all.via("a");
        EXPECT_TRUE(send_after(2ms, to, echo::tick{}));  // nobody has the key yet
        all.register_key("a");
        auto waiting = receive<echo::tick>();
        co_await waiting;
        all.unregister("a");
        EXPECT_TRUE(send_after(1ms, to, echo::tick{}));
        auto silence = receive([](echo::tick) { return false; }, after(5ms, [] { return true; }));
        EXPECT_TRUE(co_await silence);
        EXPECT_THROW(send_after(-1ms, to, echo::tick{}), badarg_error);
    });
}

TEST(address_via, is_monitored_as_the_process_that_has_the_key) {
    with_names([](names all) -> task<> {
        auto starting = registrant([all] { all.register_key("a"); });
        const pid other = co_await starting;
        const ref watching = monitor(all.via("a"));
        exit(other, reason::kill);
        auto ending =
            receive(when([watching](const down_message& m) { return m.monitor == watching; },
                         [](const down_message& m) { return m.process; }));
        EXPECT_EQ(co_await ending, other);
        monitor(all.via("a"));
        auto nobody = receive([](const down_message& m) { return m.why; });
        EXPECT_EQ(co_await nobody, reason::noproc);
    });
}

TEST(address_via, of_an_unknown_registry_is_refused) {
    run_everywhere([]() -> task<> {
        const names unknown{"unknown"};
        EXPECT_THROW(static_cast<void>(unknown.via("a").whereis()), badarg_error);
        auto starting = start<echo>(named("b"));
        co_await starting;
    });
}

TEST(address_via, equals_by_registry_and_key) {
    const names all{"r"};
    EXPECT_EQ(all.via("a"), all.via("a", 3));
    EXPECT_NE(all.via("a"), all.via("b"));
    EXPECT_NE(all.via("a"), names{"other"}.via("a"));
    EXPECT_NE(all.via("a"), address{"a"});
    EXPECT_LT(address{"z"}, all.via("a"));
    const std::unordered_set<address> set{all.via("a"), all.via("a"), all.via("b")};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_EQ(to_string(all.via("a")), "{via,registry,{r,\"a\"}}");
    EXPECT_TRUE(all.via("a").is_via());
    EXPECT_FALSE(all.via("a").is_name());
    EXPECT_FALSE(address{"a"}.is_via());
}

TEST(start_options_of, a_pid_are_refused) {
    const address pid_of_none = pid{1, 2, 3};
    EXPECT_THROW(static_cast<void>(named(pid_of_none)), badarg_error);
    const address by_name = "a";
    EXPECT_EQ(named(by_name).name, "a");
}

}  // namespace
}  // namespace coppice
