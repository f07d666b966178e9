// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "coppice/pid.hpp"

namespace coppice::inspect {

/// Keeps fields in insertion order, which is the order of the documentation.
using json = nlohmann::ordered_json;

/// On one line. Bytes that are not UTF-8 become U+FFFD: a name or a reason may hold any bytes.
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
