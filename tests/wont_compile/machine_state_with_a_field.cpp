// SPDX-License-Identifier: Apache-2.0
// expect: a state is a type without fields
#include <coppice/gen_statem.hpp>
struct locked {
    int code;
};
coppice::state_functions<locked> machine;
