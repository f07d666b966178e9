// SPDX-License-Identifier: Apache-2.0
// expect: init of a server is public and takes nothing
#include <coppice/coppice.hpp>
class bad {
    static coppice::supervisor_init init() {
        return coppice::supervisor::init(coppice::children());
    }
};
coppice::task<> f() {
    co_await coppice::supervisor::start_link(coppice::children(coppice::child<bad>()));
}
