// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: name the lambda or the clause first
#include "owning.hpp"
task<> f() {
    const std::string text{"a"};
    co_await receive(
        when([text](const config& c) { return c.name == text; }, [](const config&) {}));
}
