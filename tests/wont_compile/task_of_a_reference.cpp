// SPDX-License-Identifier: Apache-2.0
// expect: a task returns a value
#include <coppice/coppice.hpp>
coppice::task<int&> f(int& x) {
    co_return x;
}
