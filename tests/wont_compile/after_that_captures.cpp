// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: name the lambda or the clause first
#include "owning.hpp"
task<> f() {
    using namespace std::chrono_literals;
    const std::string text{"a"};
    co_await receive([](const config&) {}, after(1s, [text] {}));
}
