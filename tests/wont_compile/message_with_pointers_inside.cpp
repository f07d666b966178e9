// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct bad {
    std::vector<std::optional<const char*>> deep;
};
void f(coppice::pid p) {
    coppice::send(p, bad{});
}
