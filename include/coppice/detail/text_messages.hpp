// SPDX-License-Identifier: Apache-2.0
// What a server's class tells of the messages that it takes by text: see console_messages.hpp.

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

/// A field of a message, as people are told of it.
struct field_description {
    std::string name;
    std::string type;       ///< "int", "[string]", "point"
    std::string example;    ///< A text that is read as one; empty if none is known.
    std::string otherwise;  ///< What it is if it is left out; empty if it has to be there.

    bool operator==(const field_description&) const = default;
};

/// A message that a server takes by text.
struct message_description {
    std::string name;  ///< Of its type, without namespace where that is enough.
    bool calls = false;
    bool casts = false;
    bool infos = false;
    std::vector<field_description> fields;
    std::string unreadable;  ///< Why it cannot be made of text; empty if it can.

    bool operator==(const message_description&) const = default;
};
/// "increment{by: int = 1}".
[[nodiscard]] std::string to_string(const message_description& m);

namespace detail {

/// How a message goes to a server.
enum class message_way : std::uint8_t { call, cast, info };

/// A message of a server's class: constant, and one for each class.
struct text_message {
    const std::type_info* type;
    bool calls;
    bool casts;
    bool infos;
    std::vector<field_description> (*fields)();
    /// Null if it can be made of text.
    std::string (*unreadable)();
    /// Null if it cannot. The message for a way that the class has, or null and why not.
    owned_message (*make)(message_way way, std::span<const std::string> fields, read_error& why);
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
