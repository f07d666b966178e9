// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct s {
    explicit s(int*) {}
};
auto f(int* x) {
    return coppice::start_link<s>(x);
}
