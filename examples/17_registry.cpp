// SPDX-License-Identifier: Apache-2.0
// Rooms with names as keys, subscribers of topics, a counting agent, and a group of open rooms.

#include <coppice/agent.hpp>
#include <coppice/coppice.hpp>
#include <coppice/process_groups.hpp>
#include <coppice/registry.hpp>

#include <iostream>
#include <string>

using namespace coppice;

const registry<std::string> rooms{"rooms"};
const registry<std::string> topics{"topics"};
const agent<int> guests{"guests"};
const process_groups<> floors{"floors"};

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

/// Kills the process and waits until another process has the key.
task<> kill_the_lobby() {
    const pid old = rooms.whereis("lobby");
    const ref watching = monitor(old);
    exit(old, reason::kill);
    auto ending = receive(when([watching](const down_message& m) { return m.monitor == watching; },
                               [](const down_message&) {}));
    co_await ending;
    while (!rooms.whereis("lobby")) {
        co_await sleep(std::chrono::milliseconds{1});
    }
}

/// Both readers of the topic receive the news.
task<> tell_the_weather() {
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

/// A group loses a member when the member ends.
task<> close_the_attic() {
    auto joining = floors.join("open", {rooms.whereis("lobby"), rooms.whereis("attic")});
    co_await joining;
    auto watching = floors.monitor("open");
    const watched_group before = co_await watching;
    exit(rooms.whereis("attic"), reason::kill);
    const group_left<> gone = co_await receive<group_left<>>();
    std::cout << gone.processes.size() << " of " << before.members.size() << " rooms has closed, "
              << floors.members("open").size() << " is open\n";
}

task<> app() {
    const registry_options unique{"rooms"};
    const registry_options many{"topics", registry_keys::duplicate};
    auto starting = supervisor::start_link(
        children(child<registry<std::string>>(unique), child<registry<std::string>>(many),
                 child<agent<int>>(nobody).name("guests"), child<process_groups<>>("floors"),
                 child<room>("lobby").id("lobby").name(rooms.via("lobby")),
                 child<room>("attic").id("attic").name(rooms.via("attic"))));
    co_await starting;

    co_await visit("lobby", "Ann");
    co_await visit("attic", "Bob");
    co_await kill_the_lobby();
    co_await visit("lobby", "Ann");  // another process under the same key
    auto counting = guests.get([](const int& count) { return count; });
    const int count = co_await counting;
    std::cout << count << " visits\n";

    co_await tell_the_weather();
    co_await close_the_attic();
}

int main() {
    return coppice::run(app);
}
