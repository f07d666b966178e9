// SPDX-License-Identifier: Apache-2.0
// expect: a clause of receive is no coroutine
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await coppice::receive([](int) -> coppice::task<> { co_return; });
}
