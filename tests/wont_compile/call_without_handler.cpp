// SPDX-License-Identifier: Apache-2.0
// expect: this server has no handle_call for this message
#include <coppice/coppice.hpp>
struct s {
    struct a {};
    int handle_call(a) { return 1; }
};
struct other {};
coppice::task<> f(coppice::server<s> to) {
    co_await to.call(other{});
}
