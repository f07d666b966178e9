// SPDX-License-Identifier: Apache-2.0
// The messages that a server's class takes as text: see console_messages.hpp.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <typeinfo>
#include <vector>

#include "coppice/detail/reader.hpp"
#include "coppice/message.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The description of one field of a message.
struct field_description {
    std::string name;
    std::string type;       ///< "int", "[string]", "point"
    std::string example;    ///< A text that is valid for the field; empty if unknown.
    std::string otherwise;  ///< The default, as text; empty if the field is required.

    bool operator==(const field_description&) const = default;
};

/// A message that a server takes as text.
struct message_description {
    std::string name;  ///< The type's name, without namespace where unambiguous.
    bool calls = false;
    bool casts = false;
    bool infos = false;
    std::vector<field_description> fields;
    std::string unreadable;  ///< Why text cannot make the message; empty if text can.

    bool operator==(const message_description&) const = default;
};
/// "increment{by: int = 1}".
[[nodiscard]] std::string to_string(const message_description& m);

namespace detail {

/// How a message goes to a server.
enum class message_way : std::uint8_t { call, cast, info };

/// A message that a server's class takes as text. A constant, one for each class and message.
struct text_message {
    const std::type_info* type;
    bool calls;
    bool casts;
    bool infos;
    std::vector<field_description> (*fields)();
    /// Null if text can make the message.
    std::string (*unreadable)();
    /// Null if text cannot make the message. Returns the message for a way that the class handles; otherwise
    /// null, and the reason in `why`.
    owned_message (*make)(message_way way, std::span<const std::string> fields, read_error& why);
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
