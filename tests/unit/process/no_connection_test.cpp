// SPDX-License-Identifier: Apache-2.0
// A process of another node, without a connection to the node: OTP's `noconnection`.

#include <gtest/gtest.h>

#include "base/node_number.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::end_of;
using test::end_of_new;
using test::run_everywhere;
using test::scripted;

/// A pid of a node elsewhere, and one of a runtime that does not exist.
std::vector<pid> processes_elsewhere() {
    return {{base::number_of_new_remote_node(), 0, 1}, {base::number_of_new_runtime(), 0, 1}};
}

TEST(a_process_without_a_connection, is_linked_with_an_exit_signal_noconnection) {
    run_everywhere([]() -> task<> {
        for (const pid& elsewhere : processes_elsewhere()) {
            const auto links = [elsewhere]() -> task<> {
                link(elsewhere);  // returns: nothing is known of the process
                co_await receive<int>();
            };
            const exit_reason ended = co_await end_of_new(links);
            EXPECT_EQ(ended, reason::noconnection);
            trap_exit(true);
            link(elsewhere);
            const auto message = co_await receive<exit_message>();
            EXPECT_EQ(message.from, elsewhere);
            EXPECT_EQ(message.why, reason::noconnection);
            EXPECT_TRUE((co_await process_info(self())).at(0).links.empty());
            unlink(elsewhere);
        }
    });
}

TEST(a_process_without_a_connection, is_monitored_with_a_down_message_noconnection) {
    run_everywhere([]() -> task<> {
        for (const pid& elsewhere : processes_elsewhere()) {
            const ref watching = monitor(elsewhere);
            const auto message = co_await receive<down_message>();
            EXPECT_EQ(message.monitor, watching);
            EXPECT_EQ(message.process, elsewhere);
            EXPECT_EQ(message.why, reason::noconnection);
            EXPECT_FALSE(demonitor(watching));
        }
    });
}

TEST(a_process_without_a_connection, is_called_and_stopped_with_noconnection) {
    run_everywhere([]() -> task<> {
        for (const pid& elsewhere : processes_elsewhere()) {
            const server<scripted> to{elsewhere};
            auto calling = to.try_call(scripted::get{}, 1h);
            const auto answer = co_await calling;
            EXPECT_EQ(answer.error()[0], reason::noconnection);
            const auto stops = [elsewhere]() -> task<> {
                co_await stop(elsewhere, reason::normal, 1h);
            };
            const exit_reason stopped = co_await end_of_new(stops);
            EXPECT_EQ(stopped, reason::noconnection);
        }
    });
}

TEST(a_process_without_a_connection, loses_messages_and_exit_signals_and_is_not_alive) {
    run_everywhere([]() -> task<> {
        for (const pid& elsewhere : processes_elsewhere()) {
            send(elsewhere, 1);
            server<scripted>{elsewhere}.cast(scripted::tell{});
            exit(elsewhere, reason::kill);
            EXPECT_FALSE(co_await is_alive(elsewhere));
            EXPECT_TRUE((co_await process_info(elsewhere)).empty());
            EXPECT_THROW(register_name("elsewhere", elsewhere), badarg_error);
        }
    });
}

TEST(the_empty_pid, is_no_process_of_another_node) {
    run_everywhere([]() -> task<> {
        EXPECT_THROW(link(pid{}), noproc_error);
        monitor(pid{});
        const auto message = co_await receive<down_message>();
        EXPECT_EQ(message.why, reason::noproc);
    });
}

TEST(a_thread_outside, waits_for_a_process_without_a_connection_no_longer_than_for_a_dead_one) {
    runtime world{testing::sim_world::quiet()};
    world.start();
    for (const pid& elsewhere : processes_elsewhere()) {
        EXPECT_EQ(world.wait(elsewhere, 1h), reason::noconnection);
    }
}

}  // namespace
}  // namespace coppice
