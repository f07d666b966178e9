// SPDX-License-Identifier: Apache-2.0
// expect: write std::array
#include <coppice/coppice.hpp>
struct bad {
    char text[16];
    int number;
};
void f(coppice::pid p) {
    coppice::send(p, bad{});
}
