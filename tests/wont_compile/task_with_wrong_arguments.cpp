// SPDX-License-Identifier: Apache-2.0
// expect: the function of a task takes the arguments that are given
#include <coppice/coppice.hpp>
#include <coppice/tasks.hpp>

using namespace coppice;

void f() {
    auto started = tasks::async([](int n) { return n; }, "seven");
}
