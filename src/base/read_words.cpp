// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/read_words.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace coppice::detail {

type_words words_of_boolean() {
    return {"bool", "true or false", "true"};
}
type_words words_of_character() {
    return {"char", "a character", "'a'"};
}
type_words words_of_text() {
    return {"string", "a text", "\"text\""};
}
type_words words_of_real(bool is_double) {
    return {is_double ? "double" : "float", "a number", "0.5"};
}
type_words words_of_process() {
    return {"pid", "a pid", "<0.12.1>"};
}
type_words words_of_reference() {
    return {"ref", "a reference", "#Ref<1.5>"};
}

type_words words_of_signed(std::size_t bytes, std::int64_t least, std::int64_t most) {
    const std::string type =
        bytes == sizeof(int) ? "int" : "int" + std::to_string(bytes * std::size_t{8});
    return {type, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
            "5"};
}
type_words words_of_unsigned(std::size_t bytes, std::uint64_t most) {
    const std::string type =
        bytes == sizeof(unsigned) ? "unsigned" : "uint" + std::to_string(bytes * std::size_t{8});
    return {type, "a whole number from 0 to " + std::to_string(most), "5"};
}

type_words words_of_enumeration(const std::type_info& type, std::span<const enumerator_name> names,
                                bool takes_numbers) {
    type_words out{short_type_name(type), "", names.empty() ? "0" : std::string{names[0].name}};
    constexpr std::size_t shown = 12;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) {
        out.wants += (i == 0 ? "one of " : ", ") + std::string{names[i].name};
    }
    if (names.size() > shown) {
        out.wants += ", ...";
    }
    if (names.empty()) {
        out.wants = "the number of a " + out.type;
    } else if (takes_numbers) {
        out.wants += ", or a number";
    }
    return out;
}

type_words words_of_duration(std::intmax_t numerator, std::intmax_t denominator, bool is_whole) {
    const std::string unit = unit_name(numerator, denominator);
    return {"duration", (is_whole ? "a duration in whole " : "a duration in ") + unit, "5" + unit};
}

type_words words_of_class(const std::type_info& type) {
    const std::string name = short_type_name(type);
    return {name, "a " + name, ""};
}

type_words words_of_list(type_words element) {
    return {"[" + element.type + "]", "a list of " + element.type, "[" + element.example + "]"};
}

type_words words_of_map(type_words key, type_words value) {
    return {"{" + key.type + ": " + value.type + "}",
            "a map from " + key.type + " to " + value.type,
            "{" + key.example + ": " + value.example + "}"};
}

type_words words_or(type_words held, std::string_view nothing) {
    const std::string otherwise = " or " + std::string{nothing};
    return {held.type + otherwise, held.wants + otherwise, held.example};
}

words_of_parts::words_of_parts(std::string name, char open, char close)
    : out_{name, name + open, name + open}, close_{close} {}

void words_of_parts::add(std::string_view field, const type_words& of) {
    const std::string before =
        (count_++ == 0 ? "" : ", ") + (field.empty() ? "" : std::string{field} + ": ");
    out_.wants += before + of.type;
    out_.example += before + of.example;
}

type_words words_of_parts::take() && {
    out_.wants += close_;
    out_.example += close_;
    if (out_.type.empty()) {
        out_.type = out_.wants;
    }
    return std::move(out_);
}

}  // namespace coppice::detail
