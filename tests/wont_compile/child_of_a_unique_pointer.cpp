// SPDX-License-Identifier: Apache-2.0
// expect: the arguments of a child are copied for each start
#include <coppice/coppice.hpp>
struct s {
    explicit s(std::unique_ptr<int>) {}
};
auto f() {
    return coppice::child<s>(std::make_unique<int>(1));
}
