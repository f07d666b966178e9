// SPDX-License-Identifier: Apache-2.0
// expect: calls come to handle_call
#include <coppice/coppice.hpp>
class s {
    int handleCall(int) { return 1; }
};
auto f() {
    return coppice::start<s>();
}
