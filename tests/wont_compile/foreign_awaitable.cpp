// SPDX-License-Identifier: Apache-2.0
// expect: a coppice::task awaits only tasks and awaitables of coppice
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await std::suspend_always{};
}
