// SPDX-License-Identifier: Apache-2.0
// expect: a coppice::task awaits tasks and what coppice gives it
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await std::suspend_always{};
}
