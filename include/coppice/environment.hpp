// SPDX-License-Identifier: Apache-2.0
// The environment of an application: values under keys, set by the configuration and read by the
// application's processes.
//
//     const auto port = application::fetch_env<std::uint16_t>("shop", "port");
//     const auto host = application::get_env<std::string>("shop", "db.host", "localhost");
//
// A value is a boolean, an integer, a real number, a text, a list or a table, as in TOML. A dot in a key
// separates nested tables. A declaration, see `setting`, gives a key a type, a default and a help text. A
// program refuses a configuration that does not match the declarations.
//
// Threads    The functions of environments: inside a process. Values are plain values.
// Blocking   None.
// Ownership  The runtime owns the environments, and readers get copies. A pointer from `find`, `begin` or
//            `get_table` points into its table or value.
// Errors     `badarg_error` with the application, the key and the types, for a value of another type.
// Cost       A lock of the runtime, and a copy of the value. Meant for starts, not for every message.
// Today      A date of TOML has no type here.

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/process.hpp"

#pragma GCC visibility push(default)

namespace coppice::application {

/// One value; defined below.
class value;
/// The items of a list; they may be of different types.
using value_list = std::vector<value>;

/// Values under keys, sorted by key.
class table {
  public:
    /// A key and its value.
    struct entry;

    /// No entries.
    table();
    /// Of equal keys the last one counts. A dot in a key does not separate tables here.
    table(std::initializer_list<entry> entries);
    /// Copies share no entries.
    table(const table&);
    table(table&&) noexcept;
    table& operator=(const table&);
    table& operator=(table&&) noexcept;
    ~table();

    /// Entries of this table, without the entries of nested tables.
    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept;
    /// Entries in the order of their keys. A change of the table invalidates the pointers.
    const entry* begin() const noexcept;
    const entry* end() const noexcept;

    /// The value at a path: "db.host" is `host` in the table `db`. Null if a key is missing. Valid until the
    /// table changes. Cost: O(log n) for each key of the path.
    const value* find(std::string_view path) const;
    /// Sets the value at a path. Makes missing tables on the path. A value on the path that is no table is
    /// replaced by a table.
    void set(std::string_view path, value v);
    /// Removes the value at a path. False if the key was missing.
    bool erase(std::string_view path);

    /// Equal keys with equal values.
    friend bool operator==(const table& left, const table& right);

  private:
    value* own(std::string_view key);
    value& at(std::string_view key);

    std::vector<entry> entries_;
};

/// The types of TOML, without dates. `real` is a double, `integer` a std::int64_t.
enum class value_type : std::uint8_t { boolean, integer, real, text, list, table };
/// With the article: "an integer".
[[nodiscard]] std::string_view to_string(value_type type) noexcept;

/// One value of an environment. Implicit conversions make values of literals: `put_env("shop", "port", 80)`.
class value {
  public:
    /// The empty text.
    value();
    /// An integer is kept as a std::int64_t. Throws `badarg_error` for a number beyond that range.
    template <class T>
        requires(std::integral<T> && !std::same_as<T, bool>)
    value(T number)  // NOLINT(google-explicit-constructor): put_env("shop", "port", 80)
        : held_{integer_of(number)} {}
    /// The other types; a text is copied.
    template <std::same_as<bool> T>
    value(T yes) : held_{yes} {}   // NOLINT
    value(double number);          // NOLINT
    value(std::string text);       // NOLINT
    value(std::string_view text);  // NOLINT
    value(const char* text);       // NOLINT
    value(value_list items);       // NOLINT
    value(table entries);          // NOLINT
    value(const value&);
    value(value&&) noexcept;
    value& operator=(const value&);
    value& operator=(value&&) noexcept;
    ~value();

    /// Which of the types the value has now.
    value_type type() const noexcept { return static_cast<value_type>(held_.index()); }
    /// The value as a `T`: bool, an integer type in whose range the number lies, a real number (also
    /// from an integer), std::string, `value_list`, `table`, or a std::vector of any of these. Nothing
    /// for a value of another type.
    template <class T>
    std::optional<T> as() const;
    /// Null unless the value is a table.
    const table* get_table() const noexcept { return std::get_if<table>(&held_); }
    table* get_table() noexcept { return std::get_if<table>(&held_); }

    /// Equal types and equal values: an integer differs from a real number.
    friend bool operator==(const value& left, const value& right);

  private:
    template <class T>
    static std::int64_t integer_of(T number) {
        if constexpr (std::unsigned_integral<T>) {
            if (number > std::uint64_t{INT64_MAX}) {
                refuse(number);
            }
        }
        return static_cast<std::int64_t>(number);
    }
    [[noreturn]] static void refuse(std::uint64_t number);
    template <class T>
    std::optional<T> as_items() const;

    std::variant<bool, std::int64_t, double, std::string, value_list, table> held_;
};
/// The TOML form, on one line.
[[nodiscard]] std::string to_string(const value& v);
[[nodiscard]] std::string to_string(const table& t);

/// A key of a table and its value.
struct table::entry {
    std::string key;  ///< A single key, not a path.
    value what;       ///< The value under the key.
    /// Equal keys with equal values.
    friend bool operator==(const entry&, const entry&) = default;
};

/// A declaration of one key in an application's environment.
///
///     static application::settings environment() {
///         return {{"port", 8080, "the port to listen on; 0 for a free port"},
///                 application::setting::required("token", application::value_type::text, "…")};
///     }
class setting {
  public:
    /// The default also sets the type.
    setting(std::string key, value otherwise, std::string help);
    /// Without a default: a program refuses to start unless its configuration sets the key.
    static setting required(std::string key, value_type type, std::string help);
    /// Without a default: the program also starts without the key.
    static setting optional(std::string key, value_type type, std::string help);

    /// For numbers: at least `least` and at most `most`. Replaces an earlier range.
    setting between(double least, double most) &&;
    /// For texts: one of `words`.
    setting one_of(std::vector<std::string> words) &&;

    /// The key within the application's environment; may be a path such as "db.host".
    const std::string& key() const noexcept { return key_; }
    /// The text that a program prints for --help.
    const std::string& help() const noexcept { return help_; }
    /// The declared type.
    value_type type() const noexcept { return type_; }
    /// The default; nothing for `required` and `optional`.
    const std::optional<value>& otherwise() const noexcept { return otherwise_; }
    /// Whether a program refuses to start without the key.
    bool is_required() const noexcept { return required_; }
    /// The accepted values in words: "an integer between 0 and 65535".
    std::string wants() const;
    /// Whether the value has the type, lies in the range and is one of the words. An integer is accepted
    /// where a real number is declared.
    bool accepts(const value& given) const;

  private:
    std::string key_;
    std::string help_;
    value_type type_;
    std::optional<value> otherwise_;
    bool required_ = false;
    std::optional<std::pair<double, double>> range_;
    std::vector<std::string> words_;
};
/// The result of an application's `environment()`.
using settings = std::vector<setting>;

/// A copy of the value at a path in the environment of `app`. Nothing if the key is missing.
[[nodiscard]] std::optional<value> find_env(std::string_view app, std::string_view key);
/// Sets one value, also before the application is loaded; the declared default then does not replace the
/// value. `config_change` is not called.
void put_env(std::string_view app, std::string_view key, value v);
/// Removes one value. Does nothing if the key is missing.
void delete_env(std::string_view app, std::string_view key);
/// A copy of the whole environment; empty for an unknown application.
[[nodiscard]] table get_all_env(std::string_view app);

namespace detail {
[[noreturn]] void refuse_type(std::string_view app, std::string_view key, const value& found,
                              std::string_view wanted);
[[noreturn]] void refuse_missing(std::string_view app, std::string_view key);

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
constexpr std::string_view wanted_type() {
    if constexpr (std::is_same_v<T, bool>) {
        return to_string(value_type::boolean);
    } else if constexpr (std::is_integral_v<T>) {
        return sizeof(T) < sizeof(std::int64_t) || std::is_unsigned_v<T>
                   ? "an integer that fits the requested type"
                   : "an integer";
    } else if constexpr (std::is_floating_point_v<T>) {
        return "a number";
    } else if constexpr (std::is_same_v<T, table>) {
        return "a table";
    } else if constexpr (is_vector<T>) {
        return "a list of the requested type";
    } else {
        return "a text";
    }
}
}  // namespace detail

/// The value as a `T`, see `value::as`. Nothing if the key is missing. Throws `badarg_error` for a value of
/// another type.
template <class T>
[[nodiscard]] std::optional<T> get_env(std::string_view app, std::string_view key) {
    const std::optional<value> found = find_env(app, key);
    if (!found) {
        return std::nullopt;
    }
    std::optional<T> out = found->template as<T>();
    if (!out) {
        detail::refuse_type(app, key, *found, detail::wanted_type<T>());
    }
    return out;
}
/// The same, with `otherwise` if the key is missing.
template <class T>
[[nodiscard]] T get_env(std::string_view app, std::string_view key, T otherwise) {
    return get_env<T>(app, key).value_or(std::move(otherwise));
}
/// Throws `badarg_error` if the key is missing (Elixir's fetch_env!).
template <class T>
[[nodiscard]] T fetch_env(std::string_view app, std::string_view key) {
    std::optional<T> found = get_env<T>(app, key);
    if (!found) {
        detail::refuse_missing(app, key);
    }
    return std::move(*found);
}

template <class T>
std::optional<T> value::as_items() const {
    const auto* const items = std::get_if<value_list>(&held_);
    if (items == nullptr) {
        return std::nullopt;
    }
    T out;
    for (const value& each : *items) {
        auto item = each.as<typename T::value_type>();
        if (!item) {
            return std::nullopt;
        }
        out.push_back(std::move(*item));
    }
    return out;
}

template <class T>
std::optional<T> value::as() const {
    if constexpr (std::is_same_v<T, value>) {
        return *this;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        const auto* const number = std::get_if<std::int64_t>(&held_);
        return number != nullptr && std::in_range<T>(*number)
                   ? std::optional{static_cast<T>(*number)}
                   : std::nullopt;
    } else if constexpr (std::is_floating_point_v<T>) {
        if (const auto* const whole = std::get_if<std::int64_t>(&held_)) {
            return static_cast<T>(*whole);
        }
        const auto* const number = std::get_if<double>(&held_);
        return number != nullptr ? std::optional{static_cast<T>(*number)} : std::nullopt;
    } else if constexpr (detail::is_vector<T> && !std::is_same_v<T, value_list>) {
        return as_items<T>();
    } else {
        const T* const found = std::get_if<T>(&held_);
        return found != nullptr ? std::optional{*found} : std::nullopt;
    }
}

}  // namespace coppice::application

#pragma GCC visibility pop
