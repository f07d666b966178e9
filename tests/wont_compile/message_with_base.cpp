// SPDX-License-Identifier: Apache-2.0
// expect: an aggregate with a base class
#include <coppice/coppice.hpp>
struct base {
    int number;
};
struct bad : base {
    std::string text;
};
void f(coppice::pid p) {
    coppice::send(p, bad{});
}
