// SPDX-License-Identifier: Apache-2.0
// expect: an enter callback does not go to another state
#include <coppice/coppice.hpp>
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
    coppice::transition<locked> handle_enter(open) { return coppice::next_state<locked>(); }
};
coppice::task<> f() {
    co_await coppice::start<door>();
}
