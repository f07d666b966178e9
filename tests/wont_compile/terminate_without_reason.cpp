// SPDX-License-Identifier: Apache-2.0
// expect: terminate of a server is public and takes a coppice::exit_reason
#include <coppice/coppice.hpp>
struct bad {
    void terminate() {}
};
coppice::task<> f() {
    co_await coppice::start_link<bad>();
}
