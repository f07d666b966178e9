// SPDX-License-Identifier: Apache-2.0
// The words of a child specification.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Whether a child that ended by itself is started again; supervisor.hpp has the table.
enum class restart_type : std::uint8_t { permanent, transient, temporary };
inline constexpr auto permanent = restart_type::permanent;
inline constexpr auto transient = restart_type::transient;
inline constexpr auto temporary = restart_type::temporary;

enum class child_type : std::uint8_t { worker, supervisor };

/// Which siblings are stopped, newest first, and started again, oldest first, along with a child.
enum class restart_strategy : std::uint8_t {
    one_for_one,   ///< None.
    one_for_all,   ///< All.
    rest_for_one,  ///< Those started after it.
};
inline constexpr auto one_for_one = restart_strategy::one_for_one;
inline constexpr auto one_for_all = restart_strategy::one_for_all;
inline constexpr auto rest_for_one = restart_strategy::rest_for_one;

/// Whether a supervisor stops itself when its significant children have ended by themselves.
enum class auto_shutdown_mode : std::uint8_t { never, any_significant, all_significant };

/// How long a child may take to stop once asked, before it is killed.
class shutdown_limit {
  public:
    /// Ask, then kill after `limit`, from zero to `longest()`, in milliseconds that have begun. What
    /// is negative or longer is not valid, and no supervisor takes it.
    template <class Rep, class Period>
    constexpr shutdown_limit(  // NOLINT(google-explicit-constructor): shutdown(2s)
        std::chrono::duration<Rep, Period> limit) noexcept
        : value_{kept_apart(detail::saturated<std::chrono::milliseconds>(limit))} {}
    /// Kill without asking.
    static constexpr shutdown_limit brutal_kill() noexcept {
        return shutdown_limit{exactly{brutal_kill_value}};
    }
    /// Ask, then wait for ever. Right for supervisors: their children have limits of their own.
    static constexpr shutdown_limit infinity() noexcept {
        return shutdown_limit{exactly{infinity_value}};
    }

    constexpr bool is_brutal_kill() const noexcept { return *this == brutal_kill(); }
    constexpr bool is_infinity() const noexcept { return *this == infinity(); }
    constexpr bool is_valid() const noexcept {
        return is_brutal_kill() || is_infinity() ||
               (value_ >= std::chrono::milliseconds::zero() && value_ <= longest());
    }
    /// As long as Erlang's `after` can wait: almost 50 days.
    static constexpr std::chrono::milliseconds longest() noexcept {
        return std::chrono::milliseconds{4'294'967'295};
    }
    constexpr std::chrono::milliseconds value() const noexcept { return value_; }
    constexpr bool operator==(const shutdown_limit&) const noexcept = default;

  private:
    /// From the two that are no times. (std::clamp is in a header that costs every reader much.)
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
inline constexpr shutdown_limit brutal_kill = shutdown_limit::brutal_kill();
inline constexpr shutdown_limit infinity = shutdown_limit::infinity();

[[nodiscard]] std::string_view to_string(restart_type type) noexcept;
[[nodiscard]] std::string_view to_string(child_type type) noexcept;
[[nodiscard]] std::string_view to_string(restart_strategy strategy) noexcept;
[[nodiscard]] std::string_view to_string(auto_shutdown_mode mode) noexcept;
[[nodiscard]] std::string to_string(shutdown_limit limit);

}  // namespace coppice

#pragma GCC visibility pop
