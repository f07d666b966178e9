// SPDX-License-Identifier: Apache-2.0
// The parameters of a request. A parameter that is missing, of another type or out of range throws
// a `request_error` with the name of the parameter and the expected value. Unknown names are
// ignored: a later client may send more.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "inspect/json.hpp"

namespace coppice::inspect {

struct bounds {
    std::int64_t least;
    std::int64_t most;
};

class parameters {
  public:
    /// Initialised with parentheses: g++ takes a json in braces for a list of one.
    explicit parameters(json given) : given_(std::move(given)) {}

    [[nodiscard]] std::string text(const char* key) const;
    [[nodiscard]] std::string text(const char* key, std::string_view otherwise) const;
    [[nodiscard]] std::int64_t number(const char* key, std::int64_t otherwise, bounds range) const;
    [[nodiscard]] std::int64_t number(const char* key, bounds range) const;
    [[nodiscard]] bool flag(const char* key, bool otherwise) const;
    [[nodiscard]] std::vector<std::string> texts(const char* key) const;

    [[nodiscard]] bool has(const char* key) const { return find(key) != nullptr; }
    /// The living process with the given pid or name. Throws `noproc` without such a process, and
    /// `bad_parameter` for a malformed pid.
    [[nodiscard]] pid process(const char* key = "who") const;
    [[nodiscard]] exit_reason reason(const char* key, std::string_view otherwise) const;
    [[nodiscard]] exit_reason reason(const char* key) const;

    [[nodiscard]] const json& all() const noexcept { return given_; }

  private:
    /// Null if the parameter is absent or null.
    [[nodiscard]] const json* find(const char* key) const;

    json given_;
};

/// `<0.12.1>` is process 12 of this runtime. Empty if the text is no pid.
[[nodiscard]] std::optional<pid> pid_from(std::string_view text);
/// A living process by its pid or name; otherwise throws `noproc` or `bad_parameter`.
[[nodiscard]] pid find_process(const std::string& who, const char* key);

/// An exit reason in the printed form: a word, "a text", a number, a pid, or a tuple of these in braces. Any
/// other text becomes one symbol as a whole.
[[nodiscard]] exit_reason reason_from(std::string_view text);

}  // namespace coppice::inspect
