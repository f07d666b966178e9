// SPDX-License-Identifier: Apache-2.0
// A server: a class whose handlers run in one process, one message at a time.

#include <coppice/coppice.hpp>

#include <iostream>
#include <map>
#include <optional>
#include <string>

using namespace coppice;

struct links {
    struct add {
        std::string address;
    };
    struct find {
        std::string code;
    };

    std::string handle_call(add m) {
        std::string code = "link" + std::to_string(addresses.size() + 1);
        addresses.emplace(code, std::move(m.address));
        return code;
    }
    std::optional<std::string> handle_call(const find& m) const {
        const auto found = addresses.find(m.code);
        return found == addresses.end() ? std::nullopt : std::optional{found->second};
    }

    std::map<std::string, std::string> addresses;
};

task<> follow(server<links> table, std::string code) {
    const auto address = co_await table.call<links::find>(code);
    std::cout << code << " leads to " << address.value_or("nowhere") << '\n';
}

task<> app() {
    const auto started = co_await start_link<links>(named("links"));
    const server<links> table = started.value();
    const std::string code = co_await table.call<links::add>("https://example.org/long/address");
    co_await follow(table, code);
    co_await follow(table, "link9");
}

int main() {
    return coppice::run(app);
}
