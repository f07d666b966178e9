// SPDX-License-Identifier: Apache-2.0
// expect: the function of a process returns void or coppice::task<>
#include <coppice/coppice.hpp>
void f() {
    coppice::spawn([] { return 1; });
}
