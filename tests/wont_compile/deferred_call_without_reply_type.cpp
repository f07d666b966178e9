// SPDX-License-Identifier: Apache-2.0
// expect: needs a message with `using reply = R;`
#include <coppice/coppice.hpp>
struct bad {
    struct get {};
    void handle_call(get, coppice::reply_to<int> to) const { to(1); }
};
coppice::task<> f(coppice::server<bad> s) {
    co_await s.call(bad::get{});
}
