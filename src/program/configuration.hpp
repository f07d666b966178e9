// SPDX-License-Identifier: Apache-2.0
// What the applications of a program are configured with, and everything that is wrong with it.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/application.hpp"
#include "coppice/program.hpp"

namespace coppice::application::program {

/// One of the applications of the program, with what it declares.
struct configured {
    std::string name;
    const detail::description* what;
    settings declared;
    bool declares;

    const setting* find(std::string_view key) const;
    /// Whether a declared key is in the table that has this key.
    bool has_below(std::string_view key) const;
    std::string known_keys() const;
};
using applications = std::vector<configured>;

/// The application and all that it depends on, itself last.
[[nodiscard]] applications applications_of(const detail::description& what);
const configured* find(const applications& all, std::string_view name);
[[nodiscard]] std::string names_of(const applications& all);

/// A value that somebody has said.
struct given {
    const configured* app;
    std::string key;
    value what;
    std::string where;  ///< "shop.toml:3:8", "SHOP_PORT", "--port".
};

/// Why a value is not what its setting wants; empty if it is, or if the key is not declared.
[[nodiscard]] std::string misfit(const configured& app, const std::string& key, const value& what);

/// What does not fit: a sentence each, with its place.
using problems = std::vector<std::string>;
using environments = std::map<std::string, table>;

/// What the command line says of the configuration.
struct wishes {
    std::string file;  ///< Empty: none.
    /// "shop.port" and "8080", by what was written: "--set shop.port=8080", "--port".
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

/// All layers, the last one counts. With problems, the answer is not to be used.
[[nodiscard]] environments read(const applications& all, const wishes& wanted, problems& wrong);

}  // namespace coppice::application::program
