// SPDX-License-Identifier: Apache-2.0
// expect: this member is never read
#include <coppice/coppice.hpp>
struct s {
    static constexpr coppice::child_defaults as_childs{};
};
auto f() {
    return coppice::start<s>();
}
