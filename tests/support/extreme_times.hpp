// SPDX-License-Identifier: Apache-2.0
// Times at the edges of the range, and a server for trying the times.

#pragma once

#include <cstdint>
#include <vector>

#include "coppice/coppice.hpp"

namespace coppice::test {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

struct tick {};

/// Calls `check(time, name)` for times of every unit that are beyond any wait.
template <class Check>
void for_each_long(Check check) {
    check(nanoseconds::max(), "nanoseconds::max()");
    check(nanoseconds::max() - 1ns, "nanoseconds::max() - 1");
    check(nanoseconds::max() - 1s, "nanoseconds::max() - 1 s");
    check(nanoseconds::max() / 2, "nanoseconds::max() / 2");
    check(std::chrono::microseconds::max(), "microseconds::max()");
    check(std::chrono::milliseconds::max(), "milliseconds::max()");
    check(std::chrono::seconds::max(), "seconds::max()");
    check(std::chrono::hours::max(), "hours::max()");
    check(std::chrono::duration<std::uint64_t>{UINT64_MAX}, "2^64 - 1 s");
    check(4294967296ms, "2^32 ms");
}

template <class Check>
void for_each_negative(Check check) {
    check(-1ns, "-1 ns");
    check(nanoseconds::min(), "nanoseconds::min()");
    check(std::chrono::microseconds::min(), "microseconds::min()");
    check(std::chrono::milliseconds::min(), "milliseconds::min()");
    check(std::chrono::seconds::min(), "seconds::min()");
    check(std::chrono::hours::min(), "hours::min()");
}

template <class Check>
void for_each_short(Check check) {
    check(0ns, "0");
    check(1ns, "1 ns");
    for_each_negative(check);
}

inline std::vector<time_span> long_times() {
    std::vector<time_span> out;
    for_each_long([&](auto time, const char*) { out.emplace_back(time); });
    return out;
}

inline std::vector<time_span> negative_times() {
    std::vector<time_span> out;
    for_each_negative([&](auto time, const char*) { out.emplace_back(time); });
    return out;
}

struct quick {
    struct get {};
    struct arm {
        nanoseconds time;
    };
    int handle_call(get) { return timeouts; }
    void handle_cast(arm a) { timeout_after(a.time); }
    void handle_info(timeout) { ++timeouts; }
    int timeouts = 0;
};

}  // namespace coppice::test
