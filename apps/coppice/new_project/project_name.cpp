// SPDX-License-Identifier: Apache-2.0

#include "new_project/project_name.hpp"

#include <algorithm>
#include <array>

namespace coppice::cli {
namespace {

constexpr std::size_t length_max = 64;

// Sorted for binary search.
constexpr std::array<std::string_view, 96> keywords{"alignas",
                                                    "alignof",
                                                    "and",
                                                    "and_eq",
                                                    "asm",
                                                    "auto",
                                                    "bitand",
                                                    "bitor",
                                                    "bool",
                                                    "break",
                                                    "case",
                                                    "catch",
                                                    "char",
                                                    "char16_t",
                                                    "char32_t",
                                                    "char8_t",
                                                    "class",
                                                    "co_await",
                                                    "co_return",
                                                    "co_yield",
                                                    "compl",
                                                    "concept",
                                                    "const",
                                                    "const_cast",
                                                    "consteval",
                                                    "constexpr",
                                                    "constinit",
                                                    "continue",
                                                    "decltype",
                                                    "default",
                                                    "delete",
                                                    "do",
                                                    "double",
                                                    "dynamic_cast",
                                                    "else",
                                                    "enum",
                                                    "explicit",
                                                    "export",
                                                    "extern",
                                                    "false",
                                                    "final",
                                                    "float",
                                                    "for",
                                                    "friend",
                                                    "goto",
                                                    "if",
                                                    "import",
                                                    "inline",
                                                    "int",
                                                    "long",
                                                    "module",
                                                    "mutable",
                                                    "namespace",
                                                    "new",
                                                    "noexcept",
                                                    "not",
                                                    "not_eq",
                                                    "nullptr",
                                                    "operator",
                                                    "or",
                                                    "or_eq",
                                                    "override",
                                                    "private",
                                                    "protected",
                                                    "public",
                                                    "register",
                                                    "reinterpret_cast",
                                                    "requires",
                                                    "return",
                                                    "short",
                                                    "signed",
                                                    "sizeof",
                                                    "static",
                                                    "static_assert",
                                                    "static_cast",
                                                    "struct",
                                                    "switch",
                                                    "template",
                                                    "this",
                                                    "thread_local",
                                                    "throw",
                                                    "true",
                                                    "try",
                                                    "typedef",
                                                    "typeid",
                                                    "typename",
                                                    "union",
                                                    "unsigned",
                                                    "using",
                                                    "virtual",
                                                    "void",
                                                    "volatile",
                                                    "wchar_t",
                                                    "while",
                                                    "xor",
                                                    "xor_eq"};
static_assert(std::ranges::is_sorted(keywords));

/// Namespaces of the libraries in a new project, targets of CMake, macros of compilers.
constexpr std::array<std::string_view, 15> taken{
    "all",  "application", "clean", "coppice", "counter", "help",  "install", "linux",
    "main", "package",     "std",   "test",    "testing", "tests", "unix"};
static_assert(std::ranges::is_sorted(taken));

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_app_char(char c) {
    return is_lower(c) || is_digit(c) || c == '_';
}

bool has_the_form(std::string_view name) {
    return !name.empty() && name.size() <= length_max && is_lower(name.front()) &&
           name.back() != '_' && name.find("__") == std::string_view::npos &&
           std::ranges::all_of(name, is_app_char);
}

bool is_keyword(std::string_view name) {
    return std::ranges::binary_search(keywords, name);
}

bool is_taken(std::string_view name) {
    return std::ranges::binary_search(taken, name);
}

/// A valid name similar to `name`, with underscores for other characters; empty if none results.
std::string suggestion(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const char lower = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
        if (is_lower(lower) || (is_digit(lower) && !out.empty())) {
            out += lower;
        } else if (!out.empty() && out.back() != '_') {
            out += '_';
        }
    }
    while (!out.empty() && out.back() == '_') {
        out.pop_back();
    }
    return has_the_form(out) && !is_keyword(out) && !is_taken(out) ? out : std::string{};
}

std::string with_suggestion(std::string problem, std::string_view name) {
    const std::string better = suggestion(name);
    return better.empty() ? problem : problem + "; write " + better;
}

std::string quoted(std::string_view name) {
    return "\"" + std::string{name} + "\"";
}

}  // namespace

std::optional<std::string> wrong_with_app_name(std::string_view name) {
    if (name.empty()) {
        return "the name of the application is empty; write one such as shop";
    }
    if (name.size() > length_max) {
        return "the name of the application has " + std::to_string(name.size()) +
               " characters; at most " + std::to_string(length_max) + " are allowed";
    }
    if (!has_the_form(name)) {
        return with_suggestion(quoted(name) +
                                   " cannot name an application and its namespace: use small "
                                   "letters, digits and single underscores, with a letter first",
                               name);
    }
    if (is_keyword(name)) {
        return quoted(name) + " is a word of C++; write " + std::string{name} + "_app";
    }
    if (is_taken(name)) {
        return quoted(name) + " has another meaning in a new project; write " + std::string{name} +
               "_app";
    }
    return {};
}

std::optional<std::string> wrong_with_project_name(std::string_view name) {
    if (name.empty()) {
        return "the NAME is empty; write one such as shop";
    }
    if (name.find('/') != std::string_view::npos || name == "." || name == "..") {
        return quoted(name) + " is a path; go to the parent folder, and give a name alone";
    }
    if (name.size() > length_max) {
        return "the NAME has " + std::to_string(name.size()) + " characters; at most " +
               std::to_string(length_max) + " are allowed";
    }
    const bool begins_well =
        is_lower(name.front()) || is_upper(name.front()) || is_digit(name.front());
    if (!begins_well || !std::ranges::all_of(name, [](char c) {
            return is_app_char(c) || is_upper(c) || c == '-' || c == '.';
        })) {
        return quoted(name) +
               " cannot name a project: use letters, digits, and - _ . between them; no spaces";
    }
    return {};
}

}  // namespace coppice::cli
