// SPDX-License-Identifier: Apache-2.0
// expect: handle_enter of this machine is never called
#include <coppice/coppice.hpp>
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
    void handle_enter(int*) {}
};
coppice::task<> f() {
    co_await coppice::start<door>();
}
