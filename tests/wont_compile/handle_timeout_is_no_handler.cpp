// SPDX-License-Identifier: Apache-2.0
// expect: handle_timeout is never called
#include <coppice/coppice.hpp>
struct s {
    void handle_timeout() {}
};
auto f() {
    return coppice::start<s>();
}
