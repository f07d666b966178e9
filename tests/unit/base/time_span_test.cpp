// SPDX-License-Identifier: Apache-2.0

#include "coppice/time_span.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "coppice/child_types.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::nanoseconds;

constexpr nanoseconds given(time_span time) {
    return time;
}

TEST(time_span, keeps_durations_in_the_range_of_nanoseconds) {
    static_assert(given(0s) == 0ns);
    static_assert(given(1500us) == 1500000ns);
    static_assert(given(-3h) == -3h);
    static_assert(given(nanoseconds::max()) == nanoseconds::max());
    static_assert(given(nanoseconds::max() - 1ns) == nanoseconds::max() - 1ns);
    static_assert(given(nanoseconds::min()) == nanoseconds::min());
    static_assert(given(9223372036s) == 9223372036s);
    static_assert(given(std::chrono::years{292}) == nanoseconds{std::chrono::years{292}});
}

TEST(time_span, clamps_durations_beyond_the_range_of_nanoseconds) {
    static_assert(given(9223372037s) == nanoseconds::max());
    static_assert(given(-9223372037s) == nanoseconds::min());
    static_assert(given(std::chrono::hours::max()) == nanoseconds::max());
    static_assert(given(std::chrono::hours::min()) == nanoseconds::min());
    static_assert(given(std::chrono::microseconds::max()) == nanoseconds::max());
    static_assert(given(std::chrono::milliseconds::min()) == nanoseconds::min());
    static_assert(given(std::chrono::years::max()) == nanoseconds::max());
    static_assert(given(duration<std::uint64_t, std::nano>{UINT64_MAX}) == nanoseconds::max());
    static_assert(given(duration<std::int8_t, std::ratio<3600>>{-1}) == -1h);
}

TEST(time_span, takes_no_duration_that_the_standard_would_not) {
    static_assert(!std::constructible_from<time_span, duration<double>>);
    static_assert(!std::constructible_from<time_span, duration<int, std::pico>>);
    static_assert(!std::constructible_from<basic_time_span<std::chrono::seconds>, nanoseconds>);
    static_assert(!std::constructible_from<time_span, int>);
}

TEST(time_span, compares_with_durations) {
    const time_span two{2s};
    EXPECT_EQ(two, 2000ms);
    EXPECT_LT(two, 3s);
    EXPECT_GE(two, std::chrono::hours::min());
}

TEST(shutdown_limit, rounds_the_given_time_up_to_milliseconds) {
    EXPECT_EQ(shutdown_limit{0ns}.value(), 0ms);
    EXPECT_EQ(shutdown_limit{1ns}.value(), 1ms);
    EXPECT_EQ(shutdown_limit{1ms}.value(), 1ms);
    EXPECT_EQ(shutdown_limit{1000001ns}.value(), 2ms);
    EXPECT_EQ(shutdown_limit{duration<double>{0.0025}}.value(), 3ms);
    EXPECT_TRUE(shutdown_limit{shutdown_limit::longest()}.is_valid());
}

template <class Duration>
void expect_invalid(Duration limit) {
    const shutdown_limit made{limit};
    EXPECT_FALSE(made.is_valid()) << to_string(made);
    EXPECT_FALSE(made.is_infinity());
    EXPECT_FALSE(made.is_brutal_kill());
}

TEST(shutdown_limit, is_not_valid_when_negative_or_too_long_and_never_another_limit) {
    expect_invalid(-1ns);
    expect_invalid(-1us);
    expect_invalid(-999us);
    expect_invalid(-1ms);
    expect_invalid(duration<double>{-1e-9});
    expect_invalid(shutdown_limit::longest() + 1ms);
    expect_invalid(shutdown_limit::longest() + 1ns);
    expect_invalid(nanoseconds::max());
    expect_invalid(nanoseconds::min());
    expect_invalid(std::chrono::milliseconds::max());
    expect_invalid(std::chrono::milliseconds::min());
    expect_invalid(std::chrono::seconds::max());
    expect_invalid(std::chrono::hours::max());
    expect_invalid(std::chrono::hours::min());
    expect_invalid(duration<double>{std::numeric_limits<double>::infinity()});
    expect_invalid(duration<double>{-std::numeric_limits<double>::infinity()});
    expect_invalid(duration<double>{std::numeric_limits<double>::quiet_NaN()});
    expect_invalid(duration<long double, std::atto>{std::numeric_limits<long double>::max()});
}

}  // namespace
}  // namespace coppice
