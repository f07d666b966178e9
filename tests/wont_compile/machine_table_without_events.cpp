// SPDX-License-Identifier: Apache-2.0
// expect: the class lists no events
#include <coppice/state_table.hpp>
struct door {
    struct locked {};
    struct open {};
    struct code {};
    coppice::state_functions<locked, open> machine;
    coppice::transition<open> handle_cast(locked, code) { return coppice::next_state<open>(); }
};
const coppice::state_table table = coppice::table_of<door>();
