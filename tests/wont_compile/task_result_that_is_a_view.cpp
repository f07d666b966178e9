// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer, a reference, a view
#include <coppice/coppice.hpp>
#include <coppice/tasks.hpp>

using namespace coppice;

void f() {
    auto started = tasks::async([] { return std::string_view{"text"}; });
}
