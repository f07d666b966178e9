// SPDX-License-Identifier: Apache-2.0
// expect: explicit
#include <coppice/coppice.hpp>
struct s {
    coppice::task<> handle_cast(int) { return {}; }
};
void f(coppice::server<s> to) {
    to.cast(1);
}
