// SPDX-License-Identifier: Apache-2.0
// expect: a handler of telemetry runs on several threads at once
#include <coppice/coppice.hpp>
#include <coppice/telemetry.hpp>
void f() {
    coppice::telemetry::attach(
        "t", [count = 0](const coppice::telemetry::call_stop&) mutable { ++count; });
}
