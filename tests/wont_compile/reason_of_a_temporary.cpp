// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: give the argument a name first
#include "owning.hpp"
task<> f() {
    co_await stop(self(), exit_reason::of(config{"a"}));
}
