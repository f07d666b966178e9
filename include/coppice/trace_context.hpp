// SPDX-License-Identifier: Apache-2.0
// The place of a piece of work in a trace, as in W3C Trace Context: the id of the trace, the id of the span,
// and flags. telemetry.hpp gives a context to a process, and messages pass the context on.
//
//     traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//
// Threads    A value.
// Blocking   None.
// Ownership  Plain values.
// Errors     A malformed header gives no context.
// Cost       25 bytes. Parsing allocates nothing.
// Semantics  https://www.w3.org/TR/trace-context-2, `traceparent` only: `tracestate` is not kept.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace coppice::telemetry {

/// The id of a span, in network byte order. All zeros is not a valid id.
using span_id = std::array<std::uint8_t, 8>;

/// The position in a trace. Default-constructed, both ids are zero and the context is not valid.
struct trace_context {
    static constexpr std::uint8_t sampled = 1;  ///< A bit of `flags`: the trace is recorded.
    /// A bit of `flags`: the trace's id is random.
    static constexpr std::uint8_t random = 2;

    std::array<std::uint8_t, 16> trace{};  ///< The id that all spans of the trace share.
    span_id span{};                        ///< The current span.
    std::uint8_t flags = 0;                ///< `sampled` and `random`; other bits are zero.

    /// Whether a tracer should record spans of this trace.
    bool is_sampled() const noexcept { return (flags & sampled) != 0; }
    /// Equal ids and flags.
    bool operator==(const trace_context&) const = default;
};

/// Parses the value of a `traceparent` header. Nothing for a malformed header, version ff, or an id of zeros:
/// the caller should then begin a new trace. Of an unknown later version the known part is read. Unknown
/// flags are dropped.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view header) noexcept;
/// The value of the header, in version 00.
[[nodiscard]] std::string to_string(const trace_context& shown);
/// Sixteen lowercase hexadecimal digits.
[[nodiscard]] std::string to_string(const span_id& shown);

}  // namespace coppice::telemetry

#pragma GCC visibility pop
