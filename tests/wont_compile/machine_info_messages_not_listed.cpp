// SPDX-License-Identifier: Apache-2.0
// expect: a machine with handle_info lists the messages that plain sends may bring
#include <coppice/coppice.hpp>
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
    void handle_info(open, code) {}
};
coppice::task<> f() {
    co_await coppice::start<door>();
}
