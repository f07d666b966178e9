// SPDX-License-Identifier: Apache-2.0
// expect: the server has no public constructor for these arguments
#include <coppice/coppice.hpp>
struct counter {
    explicit counter(int initial) : count{initial} {}
    int count;
};
coppice::task<> f() {
    co_await coppice::start_link<counter>("text");
}
