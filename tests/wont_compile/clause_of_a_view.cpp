// SPDX-License-Identifier: Apache-2.0
// expect: no message of this type can be sent
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await coppice::receive([](std::string_view) {});
}
