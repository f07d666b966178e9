// SPDX-License-Identifier: Apache-2.0
// expect: field_of_a_message<bad, 2,
#include <coppice/coppice.hpp>
struct bad {
    int number;
    const char* text;
};
void f(coppice::pid p) {
    coppice::send(p, bad{1, "x"});
}
