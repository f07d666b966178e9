// SPDX-License-Identifier: Apache-2.0
// A supervisor restarts the server that crashed. The links survive in a process of their own.

#include <coppice/coppice.hpp>

#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

struct store {  // Too simple to crash.
    struct put {
        std::string address;
    };
    struct get {
        std::size_t number = 0;
    };

    std::size_t handle_call(put m) {
        addresses.push_back(std::move(m.address));
        return addresses.size();
    }
    std::optional<std::string> handle_call(get m) const {
        const bool known = m.number > 0 && m.number <= addresses.size();
        return known ? std::optional{addresses[m.number - 1]} : std::nullopt;
    }

    std::vector<std::string> addresses;
};

struct links {
    struct add {
        std::string address;
    };
    struct find {
        std::string code;
    };

    task<std::string> handle_call(add m) {
        if (!m.address.starts_with("https://")) {
            throw std::invalid_argument{"not an address: " + m.address};
        }
        const std::size_t number = co_await server<store>{"store"}.call<store::put>(m.address);
        co_return "link" + std::to_string(number);
    }
    task<std::optional<std::string>> handle_call(find m) {
        const std::size_t number = std::stoul(m.code.substr(4));
        const auto address = co_await server<store>{"store"}.call<store::get>(number);
        co_return address;
    }
};

task<> app() {
    co_await supervisor::start_link(
        children(child<store>().name("store"), child<links>().name("links")),
        {.strategy = rest_for_one});
    const server<links> table{"links"};
    const std::string code = co_await table.call<links::add>("https://example.org");
    const pid before = table.whereis();

    const auto refused = co_await table.try_call<links::add>("tea");
    std::cout << (refused ? "added" : "crashed") << '\n';
    co_await sleep(10ms);  // The supervisor restarts the server meanwhile.

    const auto address = co_await table.call<links::find>(code);
    std::cout << code << " leads to " << address.value_or("nowhere") << '\n';
    std::cout << (table.whereis() == before ? "the same process" : "another process") << '\n';
}

int main() {
    return coppice::run(app);
}
