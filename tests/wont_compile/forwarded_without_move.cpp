// SPDX-License-Identifier: Apache-2.0
// expect: pass std::move(message)
#include <coppice/coppice.hpp>
void f(coppice::pid p, coppice::any_message m) {
    coppice::send(p, m);
}
