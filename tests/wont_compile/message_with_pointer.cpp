// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct bad {
    int* where;
};
void f(coppice::pid p) {
    coppice::send(p, bad{nullptr});
}
