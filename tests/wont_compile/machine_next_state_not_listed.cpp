// SPDX-License-Identifier: Apache-2.0
// expect: the result of this callback does not list the state
#include <coppice/gen_statem.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<locked>(); }
};
