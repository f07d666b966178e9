// SPDX-License-Identifier: Apache-2.0
// expect: info_messages lists a message that has no handle_info
#include <coppice/coppice.hpp>
struct tick {};
struct tock {};
struct bad {
    using info_messages = coppice::messages<tick, tock>;
    void handle_info(tick) {}
};
coppice::task<> f() {
    co_await coppice::start_link<bad>();
}
