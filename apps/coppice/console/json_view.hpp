// SPDX-License-Identifier: Apache-2.0
// Reads the JSON of an endpoint without trust in its shape: a missing field, or a field of another type,
// reads as null or empty.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "coppice/tree.hpp"

namespace coppice::cli {

using json = nlohmann::json;

/// Null for a missing key.
[[nodiscard]] const json& at(const json& object, const char* key);
/// A string as is, a number or a truth value as JSON text, a list joined with blanks; otherwise empty.
[[nodiscard]] std::string text_at(const json& object, const char* key);
[[nodiscard]] std::string text_of(const json& value);
[[nodiscard]] double number_at(const json& object, const char* key);
[[nodiscard]] bool flag_at(const json& object, const char* key);
/// Empty unless the value is a list.
[[nodiscard]] const json& list_at(const json& object, const char* key);
/// On one line.
[[nodiscard]] std::string dumped(const json& value);
/// Null if the text is no JSON.
[[nodiscard]] json parsed(const std::string& text);

/// A node of a tree in the protocol, with all nodes below.
[[nodiscard]] tree_node node_of(const json& node);
/// The roots as one tree: a single root as is; otherwise all roots below a node with the name of the program.
[[nodiscard]] tree_node whole_tree(const json& roots, const std::string& program);

}  // namespace coppice::cli
