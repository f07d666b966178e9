// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: name the lambda or the clause first
#include "owning.hpp"
task<> f() {
    const std::string text{"a"};
    co_await supervisor::start_link(
        children(child("f", [text]() -> task<> { co_await receive<config>(); })));
}
