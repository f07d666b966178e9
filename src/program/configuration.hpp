// SPDX-License-Identifier: Apache-2.0
// The configuration of a program's applications, and all errors in the configuration.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/application.hpp"
#include "coppice/program.hpp"

namespace coppice::application::program {

/// An application of the program, with the settings that the application declares.
struct configured {
    std::string name;
    const detail::description* what;
    settings declared;
    bool declares;

    const setting* find(std::string_view key) const;
    /// Whether a declared key is inside the table with this key.
    bool has_below(std::string_view key) const;
    std::string known_keys() const;
};
using applications = std::vector<configured>;

/// The application and all its dependencies. The application comes last.
[[nodiscard]] applications applications_of(const detail::description& what);
const configured* find(const applications& all, std::string_view name);
[[nodiscard]] std::string names_of(const applications& all);

/// A value from a configuration source.
struct given {
    const configured* app;
    std::string key;
    value what;
    std::string where;  ///< "shop.toml:3:8", "SHOP_PORT", "--port".
};

/// Why the value does not fit the setting. Empty if the value fits, or if the key is not declared.
[[nodiscard]] std::string misfit(const configured& app, const std::string& key, const value& what);

/// Errors: one sentence each, with the place.
using problems = std::vector<std::string>;
using environments = std::map<std::string, table>;

/// The configuration given on the command line.
struct wishes {
    std::string file;  ///< Empty: none.
    /// "shop.port" and "8080". `where` is the text on the command line: "--set shop.port=8080", "--port".
    struct one {
        std::string target;
        std::string text;
        std::string where;
    };
    std::vector<one> values;
    std::optional<inspect_mode> inspect = {};
};

/// SHOP_MAX_LINES for shop and max_lines.
[[nodiscard]] std::string variable_of(std::string_view app, std::string_view key);

/// Merges all sources; a later source overrides an earlier one. With problems the result must not be used.
[[nodiscard]] environments read(const applications& all, const wishes& wanted, problems& wrong);

}  // namespace coppice::application::program
