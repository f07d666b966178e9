// SPDX-License-Identifier: Apache-2.0
// expect: takes one event and names its type
#include <coppice/coppice.hpp>
#include <coppice/telemetry.hpp>
void f() {
    coppice::telemetry::attach("t", [](const auto&) {});
}
