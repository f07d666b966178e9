// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: name the lambda or the clause first
#include "owning.hpp"
task<> f() {
    const std::string name{"a"};
    co_await supervisor::start_link(children(
        child_with_start("f", [name] { return dynamic_supervisor::start_link({.name = name}); })));
}
