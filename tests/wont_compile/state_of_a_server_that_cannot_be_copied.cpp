// SPDX-License-Identifier: Apache-2.0
// expect: so get_state cannot return its state
#include <memory>

#include <coppice/sys.hpp>

struct vault {
    std::unique_ptr<int> held;
};

coppice::task<> look(coppice::server<vault> s) {
    co_await coppice::sys::get_state(s);
}
