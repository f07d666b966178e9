// SPDX-License-Identifier: Apache-2.0
// The place of a piece of work in a trace, as in W3C Trace Context: the id of the trace, the id of the span,
// and flags. telemetry.hpp gives a context to a process, and messages pass the context on.
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
    static constexpr std::uint8_t random = 2;  ///< The trace's id is random.

    std::array<std::uint8_t, 16> trace{};
    span_id span{};
    std::uint8_t flags = 0;

    bool is_sampled() const noexcept { return (flags & sampled) != 0; }
    bool operator==(const trace_context&) const = default;
};

/// Nothing for a malformed header, version ff, or an id of zeros: the caller should then begin a new trace.
/// Of an unknown later version the known part is read. Unknown flags are dropped.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view header) noexcept;
/// The value of the header, in version 00.
[[nodiscard]] std::string to_string(const trace_context& shown);
/// Sixteen lowercase hexadecimal digits.
[[nodiscard]] std::string to_string(const span_id& shown);

}  // namespace coppice::telemetry

#pragma GCC visibility pop
