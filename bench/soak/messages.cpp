// SPDX-License-Identifier: Apache-2.0
// Delayed messages, large messages, and late messages.

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "churns.hpp"
#include "common/measure.hpp"

namespace soak {
namespace {

using namespace coppice;
using namespace std::chrono_literals;

struct tick {};
using buffer = std::vector<std::byte>;

constexpr int group = 100;

void leave_a_timer_behind(pid starter) {
    send(starter, send_after(1h, self(), tick{}));
}

task<> return_buffers(pid to) {
    for (;;) {
        buffer got = co_await receive<buffer>();
        send(to, std::move(got));
    }
}

/// Keeps callers waiting until `answer_all`.
class slow_server {
  public:
    struct ask {
        using reply = int;
    };
    struct answer_all {};

    void handle_call(ask, reply_to<int> caller) { callers_.push_back(std::move(caller)); }
    void handle_call(answer_all) {
        for (reply_to<int>& each : callers_) {
            reply(each, 1);
        }
        callers_.clear();
    }

  private:
    std::vector<reply_to<int>> callers_;
};

}  // namespace

/// One half is due at once. The other half is due in an hour and cancelled. One
/// more timer ends with the process.
task<> set_and_cancel_timers() {
    std::vector<timer> far;
    for (int i = 0; i < group; ++i) {
        send_after(1ms, self(), tick{});
        far.push_back(send_after(1h, self(), tick{}));
    }
    for (const timer each : far) {
        require(cancel_timer(each).has_value(), "a timer was lost");
    }
    co_await bench::receive_all<tick>(group);
    spawn_monitor(leave_a_timer_behind, self());
    const timer left = co_await receive<timer>();
    co_await receive<down_message>();
    require(!read_timer(left), "a timer outlived its process");
}

task<> pass_large_messages() {
    const auto peer = spawn_monitor(return_buffers, self());
    for (int i = 0; i < group; ++i) {
        send(peer.process, buffer(1024 + 512 * static_cast<std::size_t>(i)));
        co_await receive<buffer>();
    }
    // Destroyed with its receiver.
    send(peer.process, buffer(1 << 20));
    exit(peer.process, reason::kill);
    co_await receive<down_message>();
}

task<> give_up_calls() {
    const auto started = co_await start<slow_server>();
    const server<slow_server> slow = started.value();
    for (int i = 0; i < 10; ++i) {
        const auto answer = co_await slow.try_call(slow_server::ask{}, 0ms);
        require(!answer, "a call without a server was answered");
    }
    co_await slow.call(slow_server::answer_all{});
    co_await stop(slow);
}

}  // namespace soak
