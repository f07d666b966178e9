// SPDX-License-Identifier: Apache-2.0
// expect: a coppice message may not hold a raw pointer
#include <coppice/coppice.hpp>
struct why {
    std::string_view text;
};
void f() {
    coppice::exit(coppice::exit_reason::of(why{"x"}));
}
