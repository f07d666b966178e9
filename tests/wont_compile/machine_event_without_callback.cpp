// SPDX-License-Identifier: Apache-2.0
// expect: this server has no handle_cast for this message
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
};
struct other {};
void f(coppice::server<door> to) {
    to.cast(other{});
}
