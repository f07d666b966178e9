// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct bad {
    std::string_view text;
};
void f(coppice::pid p) {
    coppice::send(p, bad{"x"});
}
