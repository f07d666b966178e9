// SPDX-License-Identifier: Apache-2.0
// Attaching, detaching and executing handlers, and the rights of handlers.

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/eventually.hpp"
#include "support/servers.hpp"
#include "support/telemetry_log.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::heard;
using test::keeps;
using test::run_everywhere;
using test::run_simulated;
using test::words;

struct order_placed {
    int total = 0;
};
struct order_paid {};

TEST(telemetry_handler, gets_the_events_of_its_types_until_detached) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        telemetry::execute(order_placed{1});
        telemetry::attach(
            "shop", [log](const order_placed& e) { log.add("placed " + std::to_string(e.total)); },
            [log](const order_paid&) { log.add("paid"); });
        telemetry::attach("audit",
                          [log](order_placed e) { log.add("audit " + std::to_string(e.total)); });
        EXPECT_EQ(telemetry::attached(), words("shop", "audit"));
        telemetry::execute(order_placed{2});
        telemetry::execute(order_paid{});
        EXPECT_TRUE(telemetry::detach("shop"));
        EXPECT_FALSE(telemetry::detach("shop"));
        telemetry::execute(order_placed{3});
        telemetry::execute(order_paid{});
        EXPECT_TRUE(telemetry::detach("audit"));
        telemetry::execute(order_placed{4});
        EXPECT_EQ(log.all(), words("placed 2", "audit 2", "paid", "audit 3"));
        co_return;
    });
}

TEST(telemetry_handler, is_refused_under_an_id_that_is_attached) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        telemetry::attach("t", [log](const order_paid&) { log.add("first"); });
        std::string said;
        try {
            telemetry::attach("t", [log](const order_paid&) { log.add("second"); });
        } catch (const badarg_error& refused) {
            said = refused.what();
        }
        EXPECT_EQ(
            said,
            "telemetry::attach: \"t\" is attached already; detach it first, or choose another id");
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.all(), words("first"));
        telemetry::detach("t");
        telemetry::attach("t", [log](const order_paid&) { log.add("third"); });
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.all(), words("first", "third"));
        co_return;
    });
}

TEST(telemetry_handler, that_throws_is_detached_and_reported_once) {
    const heard<> log;
    const auto reports = test::only<text_report>(test::reports_of([log]() -> task<> {
        telemetry::attach(
            "bad", [](const order_placed&) { throw std::runtime_error{"no ink"}; },
            [log](const order_paid&) { log.add("bad heard paid"); });
        telemetry::attach("good", [log](const order_placed&) { log.add("good"); });
        telemetry::execute(order_placed{});
        telemetry::execute(order_placed{});
        telemetry::execute(order_paid{});
        EXPECT_EQ(telemetry::attached(), words("good"));
        co_return;
    }));
    EXPECT_EQ(log.all(), words("good", "good"));
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].text,
              "telemetry: the handlers of \"bad\" are detached, as one of them threw "
              "{std::runtime_error,\"no ink\"}");
}

TEST(telemetry_handler, that_exits_is_detached_and_ends_no_process) {
    run_everywhere([]() -> task<> {
        telemetry::attach("t", [](const order_paid&) { exit("nonsense"); });
        telemetry::execute(order_paid{});
        EXPECT_TRUE(telemetry::attached().empty());
        co_return;
    });
}

TEST(telemetry_handler, may_detach_itself_and_others_and_attach_more) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        telemetry::attach("once", [log](const order_paid&) {
            log.add("once");
            telemetry::detach("once");
            telemetry::detach("victim");
            telemetry::attach("later", [log](const order_paid&) { log.add("later"); });
        });
        telemetry::attach("victim", [log](const order_paid&) { log.add("victim"); });
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.all(), words("once"));
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.all(), words("once", "later"));
        co_return;
    });
}

TEST(telemetry_handler, may_send_and_execute_as_the_calling_process) {
    run_everywhere([]() -> task<> {
        telemetry::attach(
            "t",
            [](const order_placed& e) {
                send(self(), e.total);
                telemetry::execute(order_paid{});
            },
            [](const order_paid&) { send(self(), std::string{"paid"}); });
        telemetry::execute(order_placed{7});
        EXPECT_EQ(co_await receive<int>(), 7);
        EXPECT_EQ(co_await receive<std::string>(), "paid");
    });
}

TEST(telemetry_handler, that_executes_its_own_event_nests_eight_deep) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        telemetry::attach("t", [log](const order_paid&) {
            log.add("again");
            telemetry::execute(order_paid{});
        });
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.size(), 8U);
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.size(), 16U);
        co_return;
    });
}

TEST(telemetry_attachment, detaches_at_its_destruction) {
    run_everywhere([]() -> task<> {
        const heard<> log;
        {
            telemetry::attachment first{"a", [log](const order_paid&) { log.add("a"); }};
            telemetry::attachment second{"b", [log](const order_paid&) { log.add("b"); }};
            telemetry::execute(order_paid{});
            first = std::move(second);
            EXPECT_EQ(telemetry::attached(), words("b"));
            telemetry::execute(order_paid{});
        }
        EXPECT_TRUE(telemetry::attached().empty());
        telemetry::execute(order_paid{});
        EXPECT_EQ(log.all(), words("a", "b", "b"));
        co_return;
    });
}

TEST(telemetry_attachment, may_outlive_its_runtime) {
    std::optional<telemetry::attachment> kept;
    const heard<> log;
    {
        testing::sim_world world;
        kept.emplace(world.system(), "t", [log](const order_paid&) { log.add("heard"); });
        world.run([] { telemetry::execute(order_paid{}); });
    }
    EXPECT_EQ(log.size(), 1U);
    kept.reset();
    EXPECT_FALSE(detail::uses_telemetry());
}

TEST(telemetry, of_one_runtime_is_not_heard_in_another) {
    testing::sim_world one;
    testing::sim_world other;
    const heard<> log;
    telemetry::attach(one.system(), "t", [log](const order_paid&) { log.add("heard"); });
    other.run([] { telemetry::execute(order_paid{}); });
    EXPECT_EQ(log.size(), 0U);
    one.run([] { telemetry::execute(order_paid{}); });
    EXPECT_EQ(log.size(), 1U);
    EXPECT_FALSE(telemetry::detach(other.system(), "t"));
    EXPECT_TRUE(telemetry::detach(one.system(), "t"));
}

TEST(telemetry, is_attached_and_detached_by_threads_while_processes_call) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 4;
    runtime world{options};
    world.start();
    std::atomic<bool> over{false};
    const auto heard_of = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::vector<pid> callers;
    for (int i = 0; i < 4; ++i) {
        callers.push_back(world.spawn([&over]() -> task<> {
            const server<test::scripted> s = co_await test::fresh();
            while (!over) {
                static_cast<void>(co_await s.call(test::scripted::get{}));
                telemetry::execute(order_paid{});
            }
            exit(s.whereis(), reason::kill);
        }));
    }
    std::vector<std::thread> watchers;
    for (int i = 0; i < 2; ++i) {
        watchers.emplace_back([&, i] {
            const std::string id = "t" + std::to_string(i);
            for (int round = 0; round < 200; ++round) {
                const telemetry::attachment watching{
                    world, id, [heard_of](const telemetry::call_stop&) { ++*heard_of; },
                    [heard_of](const order_paid&) { ++*heard_of; }};
                const std::uint64_t before = *heard_of;
                test::eventually([&] { return *heard_of > before; });
            }
        });
    }
    for (std::thread& each : watchers) {
        each.join();
    }
    over = true;
    for (const pid& each : callers) {
        world.wait(each, 60s);
    }
    EXPECT_GE(heard_of->load(), 200U);
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

}  // namespace
}  // namespace coppice
