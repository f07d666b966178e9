// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct bad {
    struct get {};
    std::string_view handle_call(get) const { return "x"; }
};
coppice::task<> f(coppice::server<bad> s) {
    co_await s.call(bad::get{});
}
