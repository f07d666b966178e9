// SPDX-License-Identifier: Apache-2.0
// expect: this server has no handle_info for this message
#include <coppice/coppice.hpp>
struct s {
    struct a {};
    void handle_info(a) {}
};
struct other {};
void f(coppice::server<s> to) {
    to.info(other{});
}
