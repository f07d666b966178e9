// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct bad {
    struct get {
        using reply = int*;
    };
    void handle_call(get, coppice::reply_to<int*> to) const { to(nullptr); }
};
coppice::task<> f(coppice::server<bad> s) {
    co_await s.call(bad::get{});
}
