// SPDX-License-Identifier: Apache-2.0
// expect: lists a state that the machine does not have
#include <coppice/gen_statem.hpp>
struct elsewhere {};
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<elsewhere> handle_cast(locked, code) {
        return coppice::next_state<elsewhere>();
    }
};
void f(coppice::server<door> to) {
    to.cast(door::code{});
}
