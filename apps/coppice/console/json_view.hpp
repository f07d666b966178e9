// SPDX-License-Identifier: Apache-2.0
// Reads the JSON of an endpoint without trust in its shape: a missing field or one of another type reads as
// nothing.

#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "coppice/tree.hpp"

namespace coppice::cli {

using json = nlohmann::json;

/// Null if there is none.
[[nodiscard]] const json& at(const json& object, const char* key);
/// A string as it is, a number or a truth value as JSON has it, a list with blanks between; else empty.
[[nodiscard]] std::string text_at(const json& object, const char* key);
[[nodiscard]] std::string text_of(const json& value);
[[nodiscard]] double number_at(const json& object, const char* key);
[[nodiscard]] bool flag_at(const json& object, const char* key);
/// Empty if it is no list.
[[nodiscard]] const json& list_at(const json& object, const char* key);
/// On one line.
[[nodiscard]] std::string dumped(const json& value);
/// Null if it is no JSON.
[[nodiscard]] json parsed(const std::string& text);

/// A node of the protocol's trees, and those below it.
[[nodiscard]] tree_node node_of(const json& node);
/// The roots as one tree: the only one, else all below a node with the program's name.
[[nodiscard]] tree_node whole_tree(const json& roots, const std::string& program);

}  // namespace coppice::cli
