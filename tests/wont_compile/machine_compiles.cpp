// SPDX-License-Identifier: Apache-2.0
// expect-success
#include <coppice/coppice.hpp>
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
    void handle_enter(open) { coppice::state_timeout.after(this, std::chrono::seconds{1}, code{}); }
    coppice::transition<locked> handle_timeout(open, code) { return coppice::next_state<locked>(); }
};
coppice::task<> f() {
    co_await coppice::start<door>();
    coppice::server<door>{"door"}.cast(door::code{});
}
