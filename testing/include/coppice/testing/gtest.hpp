// SPDX-License-Identifier: Apache-2.0
// Makes explorations understand GoogleTest. Include this header in one source file of the test program, or in
// all: an assertion that fails in a run makes the run fail, and a failed exploration makes the test fail.
//
// Threads    Failed assertions of all threads count for the run.
// Blocking   None.
// Ownership  None.
// Errors     None.
// Cost       One registration when the program starts.

#pragma once

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <string>

#include "coppice/testing/explore.hpp"

namespace coppice::testing::detail {

/// The texts of the failed assertions, first line first, and none of them is reported.
inline std::string failed_assertions_of(const callback<void()>& run) {
    ::testing::TestPartResultArray parts;
    {
        const ::testing::ScopedFakeTestPartResultReporter reporter{
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &parts};
        run();
    }
    std::string out;
    for (int i = 0; i < parts.size(); ++i) {
        const ::testing::TestPartResult& part = parts.GetTestPartResult(i);
        if (part.failed()) {
            out += (part.file_name() == nullptr ? "unknown file" : part.file_name());
            out += ':' + std::to_string(part.line_number()) + ": " + part.summary() + '\n';
        }
    }
    return out;
}

inline std::string filter_of_present_test() {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    return test == nullptr
               ? std::string{}
               : std::string{"--gtest_filter="} + test->test_suite_name() + '.' + test->name();
}

inline bool use_gtest() {
    use_framework({.watch = &failed_assertions_of,
                   .report = [](const std::string& text) { ADD_FAILURE() << text; },
                   .selection = &filter_of_present_test});
    return true;
}

/// Registers before main.
inline const bool gtest_is_used = use_gtest();

}  // namespace coppice::testing::detail
