// SPDX-License-Identifier: Apache-2.0
// expect-success
#include <coppice/coppice.hpp>
struct fine {
    int number;
    std::string text;
    std::vector<coppice::pid> who;
};
static_assert(coppice::message<fine>);
struct counter {
    struct get {};
    int handle_call(get) { return 1; }
};
coppice::task<> f(coppice::server<counter> c) {
    co_await c.call(counter::get{});
}
