// SPDX-License-Identifier: Apache-2.0
// The parameter type for times: a duration that saturates. Every duration that converts to the unit
// without loss of precision converts implicitly, as in std::chrono. A duration beyond the range becomes the
// longest or the shortest time span, where std::chrono would overflow.
//
// Threads    Values.
// Blocking   None.
// Ownership  Plain values.
// Errors     None: functions that refuse a negative time say so themselves.
// Cost       8 bytes for a `time_span`. A conversion allocates nothing.

#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <ratio>

#include "coppice/detail/chrono.hpp"

namespace coppice {
namespace detail {

/// Wide enough for the product of a count and a factor, 64 bits each.
__extension__ using wide_count = __int128;

template <class Unit>
constexpr Unit clamped(wide_count count) noexcept {
    if (count <= Unit::min().count()) {
        return Unit::min();
    }
    return count >= Unit::max().count() ? Unit::max()
                                        : Unit{static_cast<typename Unit::rep>(count)};
}

/// The duration in whole `Unit`s, rounded away from zero and clamped to the range of `Unit`. NaN becomes the
/// shortest duration, which is negative: functions that refuse a negative time refuse NaN too.
template <class Unit, class Rep, class Period>
constexpr Unit saturated(std::chrono::duration<Rep, Period> given) noexcept {
    using factor = std::ratio_divide<Period, typename Unit::period>;
    if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
        constexpr auto beyond = static_cast<long double>(std::uint64_t{1} << 63U);
        const long double exact = static_cast<long double>(given.count()) * factor::num /
                                  static_cast<long double>(factor::den);
        if (!(exact > -beyond)) {
            return Unit::min();
        }
        if (exact >= beyond) {
            return Unit::max();
        }
        const auto whole = static_cast<typename Unit::rep>(exact);
        const long double rest = exact - static_cast<long double>(whole);
        return clamped<Unit>(wide_count{whole} + (rest > 0 ? 1 : rest < 0 ? -1 : 0));
    } else {
        const wide_count product = static_cast<wide_count>(given.count()) * factor::num;
        const wide_count rest = product % factor::den;
        return clamped<Unit>(product / factor::den + (rest > 0 ? 1 : rest < 0 ? -1 : 0));
    }
}

}  // namespace detail

/// A duration in `Unit`s. Converts from every duration that std::chrono converts to `Unit`, and to `Unit`.
template <class Unit>
class basic_time_span {
  public:
    /// Zero.
    constexpr basic_time_span() noexcept = default;
    /// Saturates instead of overflowing.
    template <class Rep, class Period>
        requires std::constructible_from<Unit, std::chrono::duration<Rep, Period>>
    constexpr basic_time_span(  // NOLINT(google-explicit-constructor): sleep(2s)
        std::chrono::duration<Rep, Period> given) noexcept
        : value_{detail::saturated<Unit>(given)} {}

    /// As `value`.
    constexpr operator Unit() const noexcept {
        return value_;
    }  // NOLINT(google-explicit-constructor)
    /// The duration as a `Unit`, and the number of units.
    constexpr Unit value() const noexcept { return value_; }
    constexpr typename Unit::rep count() const noexcept { return value_.count(); }

    /// Compare the counts.
    friend constexpr bool operator==(basic_time_span a, basic_time_span b) noexcept {
        return a.value_ == b.value_;
    }
    friend constexpr auto operator<=>(basic_time_span a, basic_time_span b) noexcept {
        return a.value_.count() <=> b.value_.count();
    }

  private:
    Unit value_{0};
};

/// The time parameter of public functions, in nanoseconds. The longest value means no limit.
using time_span = basic_time_span<std::chrono::nanoseconds>;

}  // namespace coppice
