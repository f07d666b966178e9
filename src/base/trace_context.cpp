// SPDX-License-Identifier: Apache-2.0

#include "coppice/trace_context.hpp"

#include <algorithm>
#include <span>

namespace coppice::telemetry {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// Reads a `traceparent` header from left to right.
class header_reader {
  public:
    explicit header_reader(std::string_view rest) noexcept : rest_{rest} {}

    bool read(std::span<std::uint8_t> out) noexcept {
        return std::ranges::all_of(out, [&](std::uint8_t& each) { return read(each); });
    }
    bool read(std::uint8_t& out) noexcept {
        if (rest_.size() < 2) {
            return false;
        }
        const std::size_t high = digits.find(rest_[0]);
        const std::size_t low = digits.find(rest_[1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return false;
        }
        out = static_cast<std::uint8_t>(high << 4U | low);
        rest_.remove_prefix(2);
        return true;
    }
    bool skip_dash() noexcept {
        if (!rest_.starts_with('-')) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    bool is_at_end() const noexcept { return rest_.empty(); }

  private:
    std::string_view rest_;
};

bool is_zero(std::span<const std::uint8_t> id) noexcept {
    return std::ranges::all_of(id, [](std::uint8_t each) { return each == 0; });
}

void append(std::string& out, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t each : bytes) {
        out += digits[each >> 4U];
        out += digits[each & 15U];
    }
}

constexpr std::uint8_t known_flags = trace_context::sampled | trace_context::random;
constexpr std::uint8_t forbidden_version = 0xFF;

}  // namespace

std::optional<trace_context> parse_traceparent(std::string_view header) noexcept {
    header_reader from{header};
    std::uint8_t version = 0;
    trace_context out;
    if (!from.read(version) || version == forbidden_version || !from.skip_dash() ||
        !from.read(out.trace) || !from.skip_dash() || !from.read(out.span) || !from.skip_dash() ||
        !from.read(out.flags)) {
        return std::nullopt;
    }
    const bool ends_well = from.is_at_end() || (version > 0 && from.skip_dash());
    if (!ends_well || is_zero(out.trace) || is_zero(out.span)) {
        return std::nullopt;
    }
    out.flags = static_cast<std::uint8_t>(out.flags & known_flags);
    return out;
}

std::string to_string(const trace_context& shown) {
    std::string out = "00-";
    append(out, shown.trace);
    out += '-';
    append(out, shown.span);
    out += '-';
    append(out, {&shown.flags, 1});
    return out;
}

std::string to_string(const span_id& shown) {
    std::string out;
    append(out, shown);
    return out;
}

}  // namespace coppice::telemetry
