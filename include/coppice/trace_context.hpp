// SPDX-License-Identifier: Apache-2.0
// Where a piece of work belongs in a trace, as W3C Trace Context defines it: the id of the trace, the id of
// the span, and flags. telemetry.hpp gives one to a process, and messages carry it on.
//
//     traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//
// Threads    A value.
// Semantics  https://www.w3.org/TR/trace-context-2, `traceparent` only: `tracestate` is not kept.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace coppice::telemetry {

using span_id = std::array<std::uint8_t, 8>;

struct trace_context {
    static constexpr std::uint8_t sampled = 1;
    static constexpr std::uint8_t random = 2;  ///< The trace's id was chosen by chance.

    std::array<std::uint8_t, 16> trace{};
    span_id span{};
    std::uint8_t flags = 0;

    bool is_sampled() const noexcept { return (flags & sampled) != 0; }
    bool operator==(const trace_context&) const = default;
};

/// Nothing if it is malformed, of version ff, or one of its ids is all zeros: then a new trace is to begin. Of
/// a version that is not known yet the known part is read. Flags that have no meaning yet are dropped.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view header) noexcept;
/// The header's value, of version 00.
[[nodiscard]] std::string to_string(const trace_context& shown);
/// Sixteen lowercase hexadecimal digits.
[[nodiscard]] std::string to_string(const span_id& shown);

}  // namespace coppice::telemetry

#pragma GCC visibility pop
