// SPDX-License-Identifier: Apache-2.0

#include "coppice/environment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "application/directory.hpp"
#include "process/caller.hpp"

namespace coppice::application {

table::table() = default;
table::table(const table&) = default;
table::table(table&&) noexcept = default;
table& table::operator=(const table&) = default;
table& table::operator=(table&&) noexcept = default;
table::~table() = default;

table::table(std::initializer_list<entry> entries) {
    for (const entry& each : entries) {
        at(each.key) = each.what;
    }
}

std::size_t table::size() const noexcept {
    return entries_.size();
}
const table::entry* table::begin() const noexcept {
    return entries_.data();
}
const table::entry* table::end() const noexcept {
    return entries_.data() + entries_.size();
}
bool operator==(const table& left, const table& right) {
    return left.entries_ == right.entries_;
}

// In this file, so that a translation unit without values instantiates nothing of the variant.
value::value() : held_{std::string{}} {}
value::value(double number) : held_{number} {}
value::value(std::string text) : held_{std::move(text)} {}
value::value(std::string_view text) : held_{std::string{text}} {}
value::value(const char* text) : held_{std::string{text}} {}
value::value(value_list items) : held_{std::move(items)} {}
value::value(table entries) : held_{std::move(entries)} {}
value::value(const value&) = default;
value::value(value&&) noexcept = default;
value& value::operator=(const value&) = default;
value& value::operator=(value&&) noexcept = default;
value::~value() = default;

bool operator==(const value& left, const value& right) {
    return left.held_ == right.held_;
}

void value::refuse(std::uint64_t number) {
    throw badarg_error{"application::value: " + std::to_string(number) +
                       " is more than the largest integer of a configuration, " +
                       std::to_string(INT64_MAX) + "; write the number as a text"};
}

value* table::own(std::string_view key) {
    const auto found = std::ranges::lower_bound(entries_, key, {}, &entry::key);
    return found == entries_.end() || found->key != key ? nullptr : &found->what;
}

value& table::at(std::string_view key) {
    const auto place = std::ranges::lower_bound(entries_, key, {}, &entry::key);
    return place != entries_.end() && place->key == key
               ? place->what
               : entries_.insert(place, entry{std::string{key}, {}})->what;
}

namespace {

/// Splits "db.host" into "db" and "host". Without a dot the second part is empty.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
    const auto dot = path.find('.');
    return dot == std::string_view::npos ? std::pair{path, std::string_view{}}
                                         : std::pair{path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

const value* table::find(std::string_view path) const {
    const auto [first, rest] = split(path);
    const value* const found = const_cast<table*>(this)->own(first);
    if (found == nullptr || rest.empty()) {
        return found;
    }
    const auto* const inner = found->get_table();
    return inner == nullptr ? nullptr : inner->find(rest);
}

void table::set(std::string_view path, value v) {
    const auto [first, rest] = split(path);
    value& place = at(first);
    if (rest.empty()) {
        place = std::move(v);
        return;
    }
    if (place.get_table() == nullptr) {
        place = table{};
    }
    place.get_table()->set(rest, std::move(v));
}

bool table::erase(std::string_view path) {
    const auto [first, rest] = split(path);
    value* const found = own(first);
    if (found == nullptr) {
        return false;
    }
    if (!rest.empty()) {
        table* const inner = found->get_table();
        return inner != nullptr && inner->erase(rest);
    }
    return std::erase_if(entries_, [&](const entry& each) { return each.key == first; }) > 0;
}

std::string_view to_string(value_type type) noexcept {
    switch (type) {
        case value_type::boolean:
            return "a boolean";
        case value_type::integer:
            return "an integer";
        case value_type::real:
            return "a number";
        case value_type::text:
            return "a text";
        case value_type::list:
            return "a list";
        case value_type::table:
            return "a table";
    }
    return "?";
}

namespace {

std::string quoted(std::string_view text) {
    std::string out{"\""};
    for (const char each : text) {
        if (each == '"' || each == '\\') {
            out += '\\';
            out += each;
        } else if (each == '\n') {
            out += "\\n";
        } else if (static_cast<unsigned char>(each) < ' ' || each == '\x7f') {
            constexpr std::string_view digits{"0123456789ABCDEF"};
            const auto byte = static_cast<unsigned char>(each);
            out += "\\u00";
            out += digits[byte / 16U];
            out += digits[byte % 16U];
        } else {
            out += each;
        }
    }
    return out + '"';
}

std::string key_text(std::string_view key) {
    const bool is_bare = !key.empty() && std::ranges::all_of(key, [](char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
               (each >= '0' && each <= '9') || each == '_' || each == '-';
    });
    return is_bare ? std::string{key} : quoted(key);
}

std::string number_text(double number) {
    if (std::isnan(number)) {
        return "nan";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-inf" : "inf";
    }
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    std::string out{text.data(), end};
    return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}

}  // namespace

std::string to_string(const table& t) {
    std::string out;
    for (const table::entry& each : t) {
        out += (out.empty() ? "" : ", ") + key_text(each.key) + " = " + to_string(each.what);
    }
    return out.empty() ? "{}" : "{ " + out + " }";
}

std::string to_string(const value& v) {
    switch (v.type()) {
        case value_type::boolean:
            return *v.as<bool>() ? "true" : "false";
        case value_type::integer:
            return std::to_string(*v.as<std::int64_t>());
        case value_type::real:
            return number_text(*v.as<double>());
        case value_type::text:
            return quoted(*v.as<std::string>());
        case value_type::table:
            return to_string(*v.get_table());
        case value_type::list:
            break;
    }
    std::string out;
    const value_list items = v.as<value_list>().value_or(value_list{});
    for (const value& each : items) {
        out += (out.empty() ? "" : ", ") + to_string(each);
    }
    return "[" + out + "]";
}

setting::setting(std::string key, value otherwise, std::string help)
    : key_{std::move(key)},
      help_{std::move(help)},
      type_{otherwise.type()},
      otherwise_{std::move(otherwise)} {}

setting setting::required(std::string key, value_type type, std::string help) {
    setting out = optional(std::move(key), type, std::move(help));
    out.required_ = true;
    return out;
}

setting setting::optional(std::string key, value_type type, std::string help) {
    setting out{std::move(key), {}, std::move(help)};
    out.type_ = type;
    out.otherwise_.reset();
    return out;
}

setting setting::between(double least, double most) && {
    range_ = {least, most};
    return std::move(*this);
}

setting setting::one_of(std::vector<std::string> words) && {
    words_ = std::move(words);
    return std::move(*this);
}

std::string setting::wants() const {
    std::string out{to_string(type_)};
    if (range_) {
        const auto bound = [this](double number) {
            return type_ == value_type::integer ? std::to_string(static_cast<std::int64_t>(number))
                                                : number_text(number);
        };
        out += " between " + bound(range_->first) + " and " + bound(range_->second);
    }
    for (std::size_t i = 0; i < words_.size(); ++i) {
        const std::string_view before = i == 0 ? ": " : i + 1 == words_.size() ? " or " : ", ";
        out.append(before).append(words_[i]);
    }
    return out;
}

bool setting::accepts(const value& given) const {
    const bool is_number = type_ == value_type::real && given.type() == value_type::integer;
    if (given.type() != type_ && !is_number) {
        return false;
    }
    if (range_) {
        const auto number = given.as<double>();
        if (!number || !(*number >= range_->first && *number <= range_->second)) {
            return false;
        }
    }
    if (words_.empty()) {
        return true;
    }
    const auto word = given.as<std::string>();
    return word && std::ranges::find(words_, *word) != words_.end();
}

namespace detail {
namespace {

std::string place(std::string_view app, std::string_view key) {
    return "the environment of application \"" + std::string{app} + "\": key \"" +
           std::string{key} + "\"";
}

}  // namespace

void refuse_type(std::string_view app, std::string_view key, const value& found,
                 std::string_view wanted) {
    throw badarg_error{place(app, key) + " is " + std::string{to_string(found.type())} + ", " +
                       to_string(found) + ", and not " + std::string{wanted}};
}

void refuse_missing(std::string_view app, std::string_view key) {
    throw badarg_error{
        place(app, key) +
        " has no value; set the key in the configuration, declare a default, or call get_env"};
}

}  // namespace detail

std::optional<value> find_env(std::string_view app, std::string_view key) {
    const detail::directory* const known = detail::directory_here();
    return known == nullptr ? std::nullopt : known->find_env(app, key);
}

void put_env(std::string_view app, std::string_view key, value v) {
    if (detail::directory* const known = detail::directory_here()) {
        known->put_env(app, key, std::move(v));
    }
}

void delete_env(std::string_view app, std::string_view key) {
    if (detail::directory* const known = detail::directory_here()) {
        known->delete_env(app, key);
    }
}

table get_all_env(std::string_view app) {
    const detail::directory* const known = detail::directory_here();
    return known == nullptr ? table{} : known->all_env(app);
}

}  // namespace coppice::application
