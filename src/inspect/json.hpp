// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "coppice/pid.hpp"

namespace coppice::inspect {

/// Fields stay in the order in which they are written, as the documentation has them.
using json = nlohmann::ordered_json;

/// On one line. What is no UTF-8 becomes U+FFFD: a name or a reason may have any bytes in it.
inline std::string to_line(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

inline json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

inline json pid_or_null(const pid& who) {
    return who ? json(to_string(who)) : json(nullptr);
}

}  // namespace coppice::inspect
