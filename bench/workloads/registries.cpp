// SPDX-License-Identifier: Apache-2.0
// Registries: look-up, registration, and dispatch.

#include "coppice/registry.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "workloads.hpp"

namespace bench {
namespace {

struct ready {};
struct news {};
struct heard {};
struct done {};

using names = registry<std::string>;
using topics = registry<int>;

task<> live_as(std::string name, pid starter) {
    const names all{"names"};
    all.register_key(std::move(name));
    send(starter, ready{});
    co_await receive<done>();
}

void find_all(const names& all, const std::vector<std::string>& keys, int count) {
    auto key = keys.begin();
    for (int i = 0; i < count; ++i) {
        if (!all.whereis(*key)) {
            throw std::logic_error{"a key is lost"};
        }
        if (++key == keys.end()) {
            key = keys.begin();
        }
    }
}

/// Registers and unregisters `count` times, with a key among `keys`.
void come_and_go(const names& all, const std::vector<std::string>& keys, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string& key = keys[static_cast<std::size_t>(i) % keys.size()];
        all.register_key(key);
        all.unregister(key);
    }
}

std::vector<std::string> some_keys(const std::string& prefix) {
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; ++i) {
        keys.push_back(prefix + std::to_string(i));
    }
    return keys;
}

task<> hear(pid starter) {
    const topics all{"topics"};
    all.register_key(1);
    send(starter, ready{});
    for (;;) {
        co_await receive<news>();
        send(starter, heard{});
    }
}

constexpr int listeners = 1000;

}  // namespace

/// One look-up among 1,000 keys of 1,000 processes.
task<figures> registry_look_up(int count) {
    auto starting = names::start_link(registry_options{"names"});
    co_await starting;
    const names all{"names"};
    const std::vector<std::string> keys = some_keys("process_");
    for (const std::string& each : keys) {
        spawn(live_as, each, self());
    }
    co_await receive_all<ready>(static_cast<int>(keys.size()));
    find_all(all, keys, warm_up(count));
    const stopwatch clock;
    find_all(all, keys, count);
    co_return one_figure(clock.ns_each(count));
}

/// A registration and its end.
task<figures> registry_register(int count) {
    auto starting = names::start_link(registry_options{"names"});
    co_await starting;
    const names all{"names"};
    all.register_key("stays");  // so the link stays
    const std::vector<std::string> keys = some_keys("key_");
    come_and_go(all, keys, warm_up(count));
    const stopwatch clock;
    come_and_go(all, keys, count);
    co_return one_figure(clock.ns_each(count));
}

/// A message by dispatch to each of 1,000 processes, until all have answered; the figure is of one message.
task<figures> registry_dispatch(int count) {
    auto starting = topics::start_link(registry_options{"topics", registry_keys::duplicate});
    co_await starting;
    const topics all{"topics"};
    for (int i = 0; i < listeners; ++i) {
        spawn(hear, self());
    }
    co_await receive_all<ready>(listeners);
    const int rounds = std::max(1, count / listeners);
    const stopwatch clock;
    for (int round = 0; round < rounds; ++round) {
        all.dispatch(1, [](const std::vector<topics::entry>& entries) {
            for (const topics::entry& each : entries) {
                send(each.process, news{});
            }
        });
        co_await receive_all<heard>(listeners);
    }
    co_return one_figure(clock.ns_each(rounds * listeners));
}

}  // namespace bench
