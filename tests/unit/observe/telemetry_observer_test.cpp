// SPDX-License-Identifier: Apache-2.0
// Exits, restarts and samples: the events of the observer, and the conditions for an observer.

#include <stdexcept>

#include "observe/recorder_telemetry.hpp"
#include "support/servers.hpp"
#include "support/telemetry_log.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using telemetry::child_restart;
using telemetry::process_exit;
using telemetry::scheduler_sample;
using telemetry::supervisor_gave_up;
using test::end_of;
using test::heard;
using test::keeps;
using test::run_everywhere;
using test::run_simulated;

/// Waits until the observer has published `count` events.
template <class Event>
task<> until_heard(heard<Event> in, std::size_t count) {
    for (int patience = 0; in.size() < count && patience < 2000; ++patience) {
        co_await sleep(10ms);
    }
}

template <class Event>
const Event* about(const std::vector<Event>& all, const pid& who) {
    const auto found = std::ranges::find(all, who, &Event::process);
    return found == all.end() ? nullptr : &*found;
}

TEST(telemetry_observer, tells_exits_with_name_and_reason) {
    run_everywhere([]() -> task<> {
        const heard<process_exit> exits;
        telemetry::attach("t", keeps(exits));
        const pid quiet = spawn([] {});
        const pid named = spawn([] {
            register_name("printer", self());
            throw std::runtime_error{"no ink"};
        });
        for (const pid& each : {quiet, named}) {
            auto ending = end_of(each);
            co_await ending;
        }
        auto hearing = until_heard(exits, 2);
        co_await hearing;
        const auto all = exits.all();
        const process_exit* const first = about(all, quiet);
        const process_exit* const second = about(all, named);
        EXPECT_NE(first, nullptr);
        EXPECT_NE(second, nullptr);
        if (first != nullptr && second != nullptr) {
            EXPECT_EQ(first->name, "");
            EXPECT_EQ(first->reason, "normal");
            EXPECT_EQ(second->name, "printer");
            EXPECT_EQ(second->reason, "{std::runtime_error,\"no ink\"}");
        }
    });
}

TEST(telemetry_observer, reports_more_exits_than_one_page_holds) {
    run_simulated([]() -> task<> {
        constexpr std::size_t many = 1500;  // with the starts, three pages of events
        const heard<process_exit> exits;
        telemetry::attach("t", keeps(exits));
        for (std::size_t i = 0; i < many; ++i) {
            spawn([] {});
        }
        auto hearing = until_heard(exits, many);
        co_await hearing;
        EXPECT_EQ(exits.size(), many);
    });
}

struct fragile {
    struct fall {};
    void handle_cast(fall) { throw std::runtime_error{"fell"}; }
};

TEST(telemetry_observer, tells_restarts_with_their_number_and_that_a_supervisor_gave_up) {
    run_everywhere([]() -> task<> {
        trap_exit(true);
        const heard<child_restart> restarts;
        const heard<supervisor_gave_up> gave_up;
        telemetry::attach("t", keeps(restarts), keeps(gave_up));
        const child_spec vase = child<fragile>().id("vase").name("vase");
        auto starting = supervisor::start_link(children(vase), {.max_restarts = 2});
        const auto started = co_await starting;
        const pid above = started.process();
        for (int i = 0; i < 3; ++i) {
            const pid now = whereis("vase");
            server<fragile>{now}.cast(fragile::fall{});
            while (whereis("vase") == now || (whereis("vase") == pid{} && i < 2)) {
                co_await sleep(1ms);
            }
        }
        co_await receive<exit_message>();
        auto hearing = until_heard(gave_up, 1);
        co_await hearing;
        const auto all = restarts.all();
        EXPECT_EQ(all.size(), 2U);
        for (std::size_t i = 0; i < all.size(); ++i) {
            EXPECT_EQ(all[i].supervisor, above);
            EXPECT_EQ(all[i].child, "vase");
            EXPECT_EQ(all[i].attempt, i + 1);
            EXPECT_EQ(all[i].reason, "{std::runtime_error,\"fell\"}");
        }
        EXPECT_EQ(gave_up.all().at(0).supervisor, above);
        EXPECT_EQ(gave_up.all().at(0).child, "vase");
    });
}

TEST(telemetry_observer, samples_each_period_of_the_virtual_clock) {
    run_simulated([]() -> task<> {
        const heard<scheduler_sample> samples;
        telemetry::attach("t", keeps(samples));
        co_await sleep(2500ms);
        EXPECT_EQ(samples.size(), 2U);
        telemetry::sample_period(200ms);
        co_await sleep(1s);
        EXPECT_GE(samples.size(), 6U);
        for (const scheduler_sample& each : samples.all()) {
            EXPECT_EQ(each.utilisation.size(), 1U);
            EXPECT_EQ(each.run_queues.size(), 1U);
            EXPECT_EQ(each.processes, 2U);
            EXPECT_GE(each.period, 200ms);
        }
        EXPECT_EQ(samples.all().at(0).period, 1s);
        EXPECT_THROW(telemetry::sample_period(1ms - 1ns), badarg_error);
        telemetry::sample_period(1ms);
    });
}

TEST(telemetry_observer, exists_only_while_handlers_of_its_events_are_attached) {
    run_everywhere([]() -> task<> {
        struct own {};
        telemetry::attach("own", [](const own&) {}, [](const telemetry::call_stop&) {});
        EXPECT_EQ(processes().size(), 1U);
        for (int round = 0; round < 2; ++round) {
            telemetry::attach("exits", [](const process_exit&) {});
            telemetry::attach("samples", [](const scheduler_sample&) {});
            EXPECT_EQ(processes().size(), 2U);
            telemetry::detach("exits");
            telemetry::detach("samples");
            while (processes().size() > 1) {
                co_await sleep(50ms);
            }
        }
    });
}

TEST(telemetry_observer, is_replaced_after_a_kill) {
    run_everywhere([]() -> task<> {
        const heard<process_exit> exits;
        telemetry::attach("one", keeps(exits));
        for (const pid& each : processes()) {
            if (each != self()) {
                exit(each, reason::kill);
                auto ending = end_of(each);
                co_await ending;
            }
        }
        telemetry::attach("two", [](const process_exit&) {});
        const pid quiet = spawn([] {});
        while (about(exits.all(), quiet) == nullptr) {
            co_await sleep(10ms);
        }
    });
}

TEST(telemetry_observer, reports_the_number_of_lost_events) {
    runtime_options options = testing::sim_world::quiet();
    options.events_kept = 64;
    testing::sim_world world{1, options};
    const heard<telemetry::events_lost> losses;
    telemetry::attach(world.system(), "t", keeps(losses));
    const auto ended = world.run([]() -> task<> {
        co_await sleep(1s);
        for (int i = 0; i < 500; ++i) {
            spawn([] {});
            co_await yield();
        }
        co_await sleep(1s);
    });
    EXPECT_EQ(ended, reason::normal);
    ASSERT_EQ(losses.size(), 1U);
    EXPECT_GE(losses.all().at(0).count, 900U);
}

TEST(telemetry_observer, may_be_requested_from_outside_before_the_start) {
    runtime_options options = testing::sim_world::quiet();
    options.workers = 2;
    runtime world{options};
    const heard<scheduler_sample> samples;
    telemetry::sample_period(world, 10ms);
    telemetry::attach(world, "t", keeps(samples));
    world.start();
    world.run([samples]() -> task<> {
        auto hearing = until_heard(samples, 3);
        co_await hearing;
    });
    EXPECT_GE(samples.size(), 3U);
    EXPECT_EQ(samples.all().at(0).utilisation.size(), 2U);
    EXPECT_TRUE(static_cast<bool>(world.stop()));
}

TEST(scheduler_sample, is_the_difference_of_two_readings) {
    runtime_statistics before;
    before.uptime = 10s;
    before.messages = 100;
    before.spawns = 10;
    before.exits = 5;
    before.schedulers = {{.index = 0, .busy = 4s}, {.index = 1, .busy = 1s}};
    runtime_statistics now = before;
    now.uptime = 12s;
    now.messages = 300;
    now.spawns = 20;
    now.exits = 6;
    now.processes = 14;
    now.run_queue = 3;
    now.schedulers = {{.index = 0, .queue_len = 7, .busy = 5s},
                      {.index = 1, .busy = 4s},
                      {.index = 2, .is_spare = true, .busy = 1s}};
    const scheduler_sample seen = observe::sample_between(before, now);
    EXPECT_EQ(seen.period, 2s);
    EXPECT_EQ(seen.utilisation, (std::vector<double>{0.5, 1.0}));
    EXPECT_EQ(seen.run_queues, (std::vector<std::size_t>{7, 0}));
    EXPECT_EQ(seen.shared_run_queue, 3U);
    EXPECT_DOUBLE_EQ(seen.messages_a_second, 100.0);
    EXPECT_DOUBLE_EQ(seen.spawns_a_second, 5.0);
    EXPECT_DOUBLE_EQ(seen.exits_a_second, 0.5);
    EXPECT_EQ(seen.processes, 14U);
}

}  // namespace
}  // namespace coppice
