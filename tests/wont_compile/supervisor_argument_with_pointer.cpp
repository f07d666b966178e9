// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct s {
    static coppice::supervisor_init init(int*) {
        return coppice::supervisor::init(coppice::children());
    }
};
auto f(int* x) {
    return coppice::supervisor::start_link<s>(x);
}
