// SPDX-License-Identifier: Apache-2.0
// expect: the condition of when is const, and takes the message type of its clause
#include <coppice/coppice.hpp>
coppice::task<> f() {
    co_await coppice::receive(coppice::when([](std::string) { return true; }, [](int) {}));
}
