// SPDX-License-Identifier: Apache-2.0
// A supervisor as a class, usable as a child of another supervisor: `init` returns its children.

#include <coppice/coppice.hpp>

#include <iostream>
#include <map>

using namespace coppice;
using namespace std::chrono_literals;

struct counter {
    struct increment {
        int by = 1;
    };
    struct get_count {};
    using console_messages = messages<increment, get_count>;

    explicit counter(int initial) : count{initial} {}

    void handle_cast(increment m) { count += m.by; }
    int handle_call(get_count) const { return count; }

    int count;
};

struct kv_store {
    struct put {
        std::string key, value;
    };
    struct get {
        std::string key;
    };
    using console_messages = messages<put, get>;

    void handle_cast(put m) { values.insert_or_assign(std::move(m.key), std::move(m.value)); }
    std::optional<std::string> handle_call(const get& m) const {
        const auto found = values.find(m.key);
        return found == values.end() ? std::nullopt : std::optional{found->second};
    }

    std::map<std::string, std::string> values;
};

struct my_app {
    static supervisor_init init() {
        return supervisor::init(
            children(child<counter>(0).name("counter"), child<kv_store>().name("kv_store")),
            {.strategy = one_for_one});
    }
};

task<> app() {
    co_await supervisor::start_link<my_app>(named("my_app"));
    const server<counter> hits{"counter"};
    const server<kv_store> store{"kv_store"};

    store.cast(kv_store::put{"colour", "green"});
    std::cout << "count " << co_await hits.call(counter::get_count{}) << '\n';
    hits.cast(counter::increment{10});
    std::cout << "count " << co_await hits.call(counter::get_count{}) << '\n';

    exit(hits.whereis(), reason::kill);
    co_await sleep(10ms);
    const auto colour = co_await store.call<kv_store::get>("colour");
    std::cout << "count " << co_await hits.call(counter::get_count{}) << ", fresh; colour "
              << colour.value_or("lost") << ", untouched\n";
}

int main() {
    return coppice::run(app);
}
