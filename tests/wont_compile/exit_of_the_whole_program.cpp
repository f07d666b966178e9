// SPDX-License-Identifier: Apache-2.0
// expect: ambiguous
#include <coppice/coppice.hpp>
using namespace coppice;
task<> f() {
    exit(1);
    co_return;
}
