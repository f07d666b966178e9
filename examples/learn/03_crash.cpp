// SPDX-License-Identifier: Apache-2.0
// An exception ends the process of the handler, and no other process.

#include <coppice/coppice.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace coppice;

struct links {
    struct add {
        std::string address;
    };

    std::string handle_call(add m) {
        if (!m.address.starts_with("https://")) {
            throw std::invalid_argument{"not an address: " + m.address};
        }
        addresses.push_back(std::move(m.address));
        return "link" + std::to_string(addresses.size());
    }

    std::vector<std::string> addresses;
};

task<> app() {
    const auto started = co_await start<links>(named("links"));
    const server<links> table = started.value();

    const auto first = co_await table.try_call<links::add>("https://example.org");
    std::cout << first.value_or("no code") << '\n';
    const auto second = co_await table.try_call<links::add>("tea");  // The handler throws.
    std::cout << second.value_or("no code") << '\n';
    std::cout << (whereis("links") ? "the server lives" : "the server is gone") << '\n';
}

int main() {
    return coppice::run(app);
}
