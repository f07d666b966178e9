// SPDX-License-Identifier: Apache-2.0
// expect: coppice::read cannot make this type from a text
#include <coppice/coppice.hpp>
auto f() {
    return coppice::read<std::string_view>("text");
}
