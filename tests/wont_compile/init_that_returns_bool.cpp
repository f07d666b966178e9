// SPDX-License-Identifier: Apache-2.0
// expect: init of a server returns void or task<>
#include <coppice/coppice.hpp>
struct s {
    bool init() { return false; }
};
auto f() {
    return coppice::start<s>();
}
