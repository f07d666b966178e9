// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: give the argument a name first
#include "owning.hpp"
task<> f() {
    spawn_monitor([](const config&) {}, config{"a"});
    co_return;
}
