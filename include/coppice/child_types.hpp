// SPDX-License-Identifier: Apache-2.0
// The terms of child specifications, and of the answers about children.
//
// Threads    Values.
// Blocking   None.
// Ownership  Plain values.
// Errors     None: a supervisor refuses an invalid `shutdown_limit`, see child_spec.hpp.
// Cost       O(1). Only the text of a `shutdown_limit` may allocate.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "coppice/detail/chrono.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Whether a child is restarted after an end that the supervisor did not cause; supervisor.hpp has the table.
enum class restart_type : std::uint8_t { permanent, transient, temporary };
/// Short names: `child<job>().restart(transient)`.
inline constexpr auto permanent = restart_type::permanent;
inline constexpr auto transient = restart_type::transient;
inline constexpr auto temporary = restart_type::temporary;

/// What a child is, for counts and reports. A supervisor has the shutdown limit infinity by default.
enum class child_type : std::uint8_t { worker, supervisor };

/// The state of a child, as its supervisor knows it.
enum class child_status : std::uint8_t {
    stopped,  ///< OTP's `undefined`.
    running,  ///< The child has a process.
    /// The last restart of the child failed, and the supervisor will retry. Or: a back-off delays the restart.
    restarting,
};

/// The answer of `count_children`, as in OTP.
struct child_counts {
    std::size_t specs = 0;        ///< Known children, alive or not.
    std::size_t active = 0;       ///< Children with a live process.
    std::size_t supervisors = 0;  ///< Specs of type supervisor.
    std::size_t workers = 0;      ///< Specs of type worker.
};

/// Which siblings are stopped, newest first, and started again, oldest first, together with a child.
enum class restart_strategy : std::uint8_t {
    one_for_one,   ///< None.
    one_for_all,   ///< All.
    rest_for_one,  ///< The siblings started after the child.
};
/// Short names: `{.strategy = rest_for_one}`.
inline constexpr auto one_for_one = restart_strategy::one_for_one;
inline constexpr auto one_for_all = restart_strategy::one_for_all;
inline constexpr auto rest_for_one = restart_strategy::rest_for_one;

/// Whether the end of significant children stops the supervisor, with reason `shutdown`: never, after the
/// first one, or after the last one. Only ends without a restart and without the supervisor's doing count.
enum class auto_shutdown_mode : std::uint8_t { never, any_significant, all_significant };

/// How long a child may take to stop after the request, before the kill.
class shutdown_limit {
  public:
    /// Ask, then kill after `limit`. From zero to `longest()`, rounded up to milliseconds. A negative or
    /// longer limit is invalid, and every supervisor refuses it.
    template <class Rep, class Period>
    constexpr shutdown_limit(  // NOLINT(google-explicit-constructor): shutdown(2s)
        std::chrono::duration<Rep, Period> limit) noexcept
        : value_{kept_apart(detail::saturated<std::chrono::milliseconds>(limit))} {}
    /// Kill without asking.
    static constexpr shutdown_limit brutal_kill() noexcept {
        return shutdown_limit{exactly{brutal_kill_value}};
    }
    /// Ask, then wait for ever. Right for supervisors, since their children have limits of their own.
    static constexpr shutdown_limit infinity() noexcept {
        return shutdown_limit{exactly{infinity_value}};
    }

    /// Which of the three kinds: a kill at once, no limit, or else a time.
    constexpr bool is_brutal_kill() const noexcept { return *this == brutal_kill(); }
    constexpr bool is_infinity() const noexcept { return *this == infinity(); }
    /// False for a negative time and for a time beyond `longest()`.
    constexpr bool is_valid() const noexcept {
        return is_brutal_kill() || is_infinity() ||
               (value_ >= std::chrono::milliseconds::zero() && value_ <= longest());
    }
    /// The longest wait of Erlang's `after`: almost 50 days.
    static constexpr std::chrono::milliseconds longest() noexcept {
        return std::chrono::milliseconds{4'294'967'295};
    }
    /// The time. Meaningful only if the limit is neither `brutal_kill` nor `infinity`.
    constexpr std::chrono::milliseconds value() const noexcept { return value_; }
    /// Equal kinds, and equal times.
    constexpr bool operator==(const shutdown_limit&) const noexcept = default;

  private:
    /// Keeps a time apart from the two values with a special meaning. (The header of std::clamp is
    /// expensive to include.)
    static constexpr std::chrono::milliseconds kept_apart(
        std::chrono::milliseconds value) noexcept {
        if (value <= brutal_kill_value) {
            return brutal_kill_value + std::chrono::milliseconds{1};
        }
        return value < infinity_value ? value : infinity_value - std::chrono::milliseconds{1};
    }

    static constexpr auto brutal_kill_value = std::chrono::milliseconds::min();
    static constexpr auto infinity_value = std::chrono::milliseconds::max();
    struct exactly {
        std::chrono::milliseconds value;
    };
    constexpr explicit shutdown_limit(exactly given) noexcept : value_{given.value} {}

    std::chrono::milliseconds value_;
};
/// Short names: `child<job>().shutdown(brutal_kill)`.
inline constexpr shutdown_limit brutal_kill = shutdown_limit::brutal_kill();
inline constexpr shutdown_limit infinity = shutdown_limit::infinity();

/// `undefined`, `alive` or `restarting`.
[[nodiscard]] std::string_view to_string(child_status status) noexcept;
/// The names of the values; the limit as `brutal_kill`, `infinity` or a number of milliseconds.
[[nodiscard]] std::string_view to_string(restart_type type) noexcept;
[[nodiscard]] std::string_view to_string(child_type type) noexcept;
[[nodiscard]] std::string_view to_string(restart_strategy strategy) noexcept;
[[nodiscard]] std::string_view to_string(auto_shutdown_mode mode) noexcept;
[[nodiscard]] std::string to_string(shutdown_limit limit);

}  // namespace coppice

#pragma GCC visibility pop
