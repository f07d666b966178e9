// SPDX-License-Identifier: Apache-2.0
// A cache with a registered name. After a kill the cache is back at once, and empty.

#include <coppice/coppice.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct cache {
    struct save {
        std::string value;
    };
    struct get {};
    using console_messages = messages<save, get>;

    void handle_cast(save m) { value = std::move(m.value); }
    std::string handle_call(get) const { return value; }

    std::string value = "empty";
};

task<> app() {
    co_await supervisor::start_link(children(child<cache>().name("cache")),
                                    {.strategy = one_for_one});
    const server<cache> store{"cache"};
    std::cout << co_await store.call(cache::get{}) << '\n';
    store.cast(cache::save{"hola"});
    std::cout << co_await store.call(cache::get{}) << '\n';

    const pid before = store.whereis();
    exit(before, reason::kill);
    co_await sleep(10ms);
    std::cout << co_await store.call(cache::get{}) << '\n';
    std::cout << (store.whereis() == before ? "the same process" : "another process") << '\n';
}

int main() {
    return coppice::run(app);
}
