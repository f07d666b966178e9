// SPDX-License-Identifier: Apache-2.0
// expect: takes one message and names its type (not auto)
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await coppice::receive([](auto) {});
}
