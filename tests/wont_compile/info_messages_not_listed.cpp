// SPDX-License-Identifier: Apache-2.0
// expect: this server has several handle_info
#include <coppice/coppice.hpp>
struct s {
    struct a {};
    struct b {};
    void handle_info(a) {}
    void handle_info(b) {}
};
auto f() {
    return coppice::start_link<s>();
}
