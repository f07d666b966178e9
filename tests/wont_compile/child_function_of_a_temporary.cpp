// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: give the argument a name first
#include "owning.hpp"
task<> f() {
    co_await supervisor::start_link(
        children(child("f", [](const config&) -> task<> { co_return; }, config{"a"})));
}
