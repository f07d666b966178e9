// SPDX-License-Identifier: Apache-2.0
// expect-success
#include <coppice/coppice.hpp>
struct s {
    static constexpr bool names_are_meant = true;
    void handle_timeout() {}
    void handle_info(coppice::timeout) { handle_timeout(); }
};
auto f() {
    return coppice::start<s>();
}
