// SPDX-License-Identifier: Apache-2.0
// Lines in and out: JSON-RPC 2.0, one message a line, without batches. Pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <stdexcept>
#include <string>
#include <string_view>

#include "inspect/json.hpp"

namespace coppice::inspect {

inline constexpr std::size_t line_max = std::size_t{1024} * 1024;
inline constexpr unsigned nesting_max = 32;
inline constexpr std::size_t id_max = 256;
/// Errors quote text of the client, so the length is bounded.
inline constexpr std::size_t error_text_max = 1000;

enum class code : std::int16_t {
    no_json = -32700,
    no_request = -32600,
    no_method = -32601,
    bad_parameter = -32602,
    noproc = 1,
    timeout = 2,
    refused = 3,
    failed = 4,
    busy = 5,
    unavailable = 6,
};

/// Thrown by methods: an error for the client in place of a result.
class request_error : public std::runtime_error {
  public:
    request_error(code which, const std::string& what) : std::runtime_error{what}, code_{which} {}
    code which() const noexcept { return code_; }

  private:
    code code_;
};

struct request {
    /// A string, a number or null.
    json id;
    bool wants_answer = true;
    std::string method;
    json params = json::object();
};

/// A line that is no valid request. `id` is null unless the id was readable.
struct refused_line {
    json id;
    code why = code::no_json;
    std::string message;
};

[[nodiscard]] std::expected<request, refused_line> read_request(std::string_view line);

/// Whole lines with the line ending. A result longer than one line becomes an error with the reason.
[[nodiscard]] std::string answer_line(const json& id, const json& result);
[[nodiscard]] std::string error_line(const json& id, code why, std::string_view message);
[[nodiscard]] std::string notification_line(std::int64_t subscription, std::string_view topic,
                                            const json& data);

}  // namespace coppice::inspect
