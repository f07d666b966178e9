// SPDX-License-Identifier: Apache-2.0
// expect: console_messages lists a message that this server has no handler for
#include <coppice/coppice.hpp>
struct tick {};
struct tock {};
struct bad {
    using console_messages = coppice::messages<tick, tock>;
    void handle_cast(tick) {}
};
coppice::task<> f() {
    co_await coppice::start_link<bad>();
}
