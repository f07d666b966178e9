// SPDX-License-Identifier: Apache-2.0
// A whole program: the application short_links, and a second application that visits a link and then stops the
// program. Try --help and --set short_links.forget_after=5.

#include "short_links.hpp"

#include <coppice/program.hpp>

#include <iostream>

using namespace coppice;

task<> visitor() {
    const server<short_links::links> table{"links"};
    const std::string code = co_await table.call<short_links::links::add>("https://example.org");
    co_await short_links::visit(code);
    co_await short_links::visit(code);
    const server<short_links::counter> visited{"link:" + code};
    const int count = co_await visited.call(short_links::counter::count{});
    std::cout << code << ": " << count << " visits\n";
    request_stop();
}

struct demo {
    static constexpr std::string_view name = "demo";
    static constexpr std::string_view version = "1.0";
    static constexpr std::string_view description = "Visits a short link.";
    using depends_on = application::classes<short_links::application>;

    auto start() {
        return supervisor::start_link(children(child("visitor", visitor).restart(transient)), {});
    }
    void stop() { std::cout << "demo: stopped\n"; }
};

int main(int count, char** words) {
    return application::run<demo>(count, words);
}
