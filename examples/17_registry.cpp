// SPDX-License-Identifier: Apache-2.0
// Rooms with names as keys, subscribers of topics, and a counting agent.

#include <coppice/agent.hpp>
#include <coppice/coppice.hpp>
#include <coppice/registry.hpp>

#include <iostream>
#include <string>

using namespace coppice;

const registry<std::string> rooms{"rooms"};
const registry<std::string> topics{"topics"};
const agent<int> guests{"guests"};

int nobody() {
    return 0;
}

/// A room takes its name as a key at the start.
struct room {
    struct enter {
        std::string who;
    };
    explicit room(std::string room_name) : name{std::move(room_name)} {}
    std::string handle_call(const enter& m) {
        guests.cast([](int& count) { ++count; });
        return m.who + " enters the " + name;
    }
    std::string name;
};

struct news {
    std::string text;
};

struct subscribed {};

/// Prints one message of a topic.
task<> reader(std::string topic, pid starter) {
    topics.register_key(topic);
    send(starter, subscribed{});
    const news read = co_await receive<news>();
    std::cout << "a reader of " << topic << " reads: " << read.text << '\n';
    send(starter, subscribed{});
}

task<> visit(std::string room_name, std::string who) {
    const server<room> to{rooms.via(room_name)};
    const room::enter asked{std::move(who)};
    auto entering = to.call(asked);
    const std::string answer = co_await entering;
    std::cout << answer << '\n';
}

task<> app() {
    const registry_options unique{"rooms"};
    const registry_options many{"topics", registry_keys::duplicate};
    auto starting = supervisor::start_link(
        children(child<registry<std::string>>(unique), child<registry<std::string>>(many),
                 child<agent<int>>(nobody).name("guests"),
                 child<room>("lobby").id("lobby").name(rooms.via("lobby")),
                 child<room>("attic").id("attic").name(rooms.via("attic"))));
    co_await starting;

    co_await visit("lobby", "Ann");
    co_await visit("attic", "Bob");
    const pid old = rooms.whereis("lobby");
    const ref watching = monitor(old);
    exit(old, reason::kill);
    auto ending = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                               [](const down_message&) {}));
    co_await ending;
    while (!rooms.whereis("lobby")) {
        co_await sleep(std::chrono::milliseconds{1});
    }
    co_await visit("lobby", "Ann");  // another process under the same key
    auto counting = guests.get([](const int& count) { return count; });
    const int count = co_await counting;
    std::cout << count << " visits\n";

    for (int i = 0; i < 2; ++i) {
        spawn(reader, "weather", self());
        co_await receive<subscribed>();
    }
    topics.dispatch("weather", [](const auto& readers) {
        for (const auto& each : readers) {
            send(each.process, news{"rain"});
        }
    });
    co_await receive<subscribed>();
    co_await receive<subscribed>();
}

int main() {
    return coppice::run(app);
}
