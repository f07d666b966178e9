// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/reading.hpp"
#include "coppice/detail/printer.hpp"
#include "coppice/pid.hpp"
#include "coppice/printable.hpp"

namespace coppice {

std::string to_string(const read_error& e) {
    return (e.field.empty() ? "the value" : e.field) + " takes " + e.wants +
           (e.example.empty() ? "" : ", such as " + e.example) + ", and not " + e.found;
}

namespace base::reading {
namespace {

/// The index in `of.names` of the enumerator that `word` names, or `of.names.size()`.
std::size_t find_enumerator(std::string_view word, const detail::enumeration& of) {
    const auto fits = [&](const detail::enumerator_name& each) {
        return each.name == word ||
               (of.shown != nullptr && printable(of.shown(each.value)) == word);
    };
    return static_cast<std::size_t>(std::ranges::find_if(of.names, fits) - of.names.begin());
}

outcome parse_enumerator(std::string_view word, const detail::enumeration& of, std::int64_t& out) {
    std::uint64_t bits = 0;
    outcome how{};
    if (word.starts_with('-')) {
        std::int64_t number = 0;
        how = parse(word, number);
        if (how == outcome::read && number < of.least) {
            return outcome::out_of_range;
        }
        bits = static_cast<std::uint64_t>(number);
    } else {
        how = parse(word, bits);
        if (how == outcome::read && bits > of.most) {
            return outcome::out_of_range;
        }
    }
    out = static_cast<std::int64_t>(bits);
    if (how == outcome::read && !of.takes_numbers &&
        std::ranges::none_of(of.names, [&](const auto& each) { return each.value == out; })) {
        return outcome::out_of_range;
    }
    return how;
}

}  // namespace
}  // namespace base::reading

namespace detail {
namespace {
namespace reading = base::reading;
}

bool text_reader::fits(words_function help) {
    return text_.size() <= read_length_max ||
           refuse(help, "a text of " + std::to_string(text_.size()) + " bytes, where " +
                            std::to_string(read_length_max) + " are the limit");
}

void text_reader::skip_spaces() noexcept {
    at_ = std::min(text_.find_first_not_of(reading::spaces, at_), text_.size());
}

bool text_reader::takes(char one) {
    skip_spaces();
    if (failed_ || at_ == text_.size() || text_[at_] != one) {
        return false;
    }
    ++at_;
    return true;
}

std::string_view text_reader::peek_word() {
    skip_spaces();
    if (depth_ == 0) {
        return reading::trimmed(rest());
    }
    std::size_t opened = 0;
    std::size_t end = at_;
    for (; end < text_.size(); ++end) {
        const char c = text_[end];
        const bool closes = c == ')' || c == ']' || c == '}';
        if (opened == 0 && (closes || c == ',' || (c == ':' && is_key_))) {
            break;
        }
        opened += c == '(' || c == '[' || c == '{' ? 1U : 0U;
        opened -= closes ? 1U : 0U;
    }
    return reading::trimmed(text_.substr(at_, end - at_));
}

void text_reader::take_word(std::string_view word) noexcept {
    at_ += word.size();
}

bool text_reader::takes_word(std::string_view word) {
    if (failed_ || peek_word() != word) {
        return false;
    }
    take_word(word);
    return true;
}

bool text_reader::takes_type(const std::type_info& type) {
    skip_spaces();
    if (failed_ || is_at_bracket()) {
        return false;  // a bracket without a type name
    }
    const std::string name = short_type_name(type);
    if (!rest().starts_with(name)) {
        return false;
    }
    const std::size_t next = text_.find_first_not_of(reading::spaces, at_ + name.size());
    constexpr std::string_view may_follow = "{,)]}";
    if (next != std::string_view::npos && may_follow.find(text_[next]) == std::string_view::npos) {
        return false;
    }
    at_ += name.size();
    return true;
}

bool text_reader::ends(words_function help) {
    skip_spaces();
    return !failed_ &&
           (at_ == text_.size() || refuse(help, "one followed by " + reading::in_quotes(rest())));
}

std::size_t text_reader::named_field(std::span<const std::string_view> names) {
    skip_spaces();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || !rest().starts_with(names[i])) {
            continue;
        }
        const std::size_t next = text_.find_first_not_of(reading::spaces, at_ + names[i].size());
        if (next != std::string_view::npos && (text_[next] == ':' || text_[next] == '=')) {
            at_ = next + 1;
            return i;
        }
    }
    return names.size();
}

std::string_view text_reader::unknown_name() const {
    std::size_t end = at_;
    while (end < text_.size() && reading::is_name_character(text_[end])) {
        ++end;
    }
    const std::size_t next = text_.find_first_not_of(reading::spaces, end);
    const bool is_name = depth_ > 0 && end > at_ && next != std::string_view::npos &&
                         (text_[next] == ':' || text_[next] == '=');
    return is_name ? text_.substr(at_, end - at_) : std::string_view{};
}

bool text_reader::is_at_bracket() {
    skip_spaces();
    return at_ < text_.size() && text_[at_] == '{';
}

bool text_reader::colon(words_function help) {
    return takes(':') || refuse_next(help);
}

bool text_reader::boolean(bool& out, words_function help) {
    if (takes_word("true")) {
        out = true;
        return true;
    }
    out = false;
    return takes_word("false") || refuse_next(help);
}

bool text_reader::escape(char& out) {
    static constexpr std::string_view names = "nrt0\\\"'";
    static constexpr std::string_view values{"\n\r\t\0\\\"'", 7};
    if (at_ == text_.size()) {
        return false;
    }
    const char c = text_[at_++];
    if (const std::size_t which = names.find(c); which != std::string_view::npos) {
        out = values[which];
        return true;
    }
    unsigned code = 0;
    const std::string_view digits = text_.substr(at_, 2);
    const auto* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, code, 16);
    if (c != 'x' || digits.size() != 2 || read.ptr != end || read.ec != std::errc{}) {
        return false;
    }
    at_ += 2;
    out = static_cast<char>(static_cast<unsigned char>(code));
    return true;
}

bool text_reader::quoted(std::string& out, words_function help) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
        char c = text_[at_++];
        if (c == '\\' && !escape(c)) {
            return refuse(help, "an escape that is none of \\n \\r \\t \\0 \\\\ \\\" \\' \\x1b");
        }
        out += c;
    }
    if (at_ == text_.size()) {
        return refuse(help,
                      reading::in_quotes(text_.substr(begin)) + ", whose quote is not closed");
    }
    ++at_;
    return true;
}

bool text_reader::string(std::string& out, words_function help) {
    skip_spaces();
    if (failed_) {
        return false;
    }
    out.clear();
    if (at_ < text_.size() && text_[at_] == '"') {
        return quoted(out, help);
    }
    const std::string_view word = peek_word();
    if (word.empty() && depth_ > 0) {
        return refuse_next(help);
    }
    take_word(word);
    out = word;
    return true;
}

bool text_reader::quoted_character(char& out) {
    ++at_;
    if (at_ == text_.size()) {
        return false;
    }
    out = text_[at_++];
    return (out != '\\' || escape(out)) && at_ < text_.size() && text_[at_++] == '\'';
}

bool text_reader::character(char& out, words_function help) {
    skip_spaces();
    if (failed_) {
        return false;
    }
    const std::size_t begin = at_;
    const std::string_view word = peek_word();
    if (word.starts_with('\'')) {
        return quoted_character(out) ||
               refuse(help, reading::in_quotes(text_.substr(begin, at_ - begin)));
    }
    if (word.size() != 1) {
        return refuse_next(help);
    }
    out = word[0];
    take_word(word);
    return true;
}

bool text_reader::signed_number(std::int64_t& out, std::int64_t least, std::int64_t most,
                                words_function help) {
    const std::string_view word = peek_word();
    const reading::outcome how = reading::parse(word, out);
    if (how == reading::outcome::no_number) {
        return refuse_next(help);
    }
    if (how == reading::outcome::out_of_range || out < least || out > most) {
        return refuse(help, reading::beyond(word));
    }
    take_word(word);
    return !failed_;
}

bool text_reader::unsigned_number(std::uint64_t& out, std::uint64_t most, words_function help) {
    const std::string_view word = peek_word();
    std::int64_t negative = 0;
    const reading::outcome how = reading::parse(word, out);
    if (how == reading::outcome::no_number &&
        reading::parse(word, negative) == reading::outcome::no_number) {
        return refuse_next(help);
    }
    if (how != reading::outcome::read || out > most) {
        return refuse(help, reading::beyond(word));
    }
    take_word(word);
    return !failed_;
}

template <class Real>
bool text_reader::real_number(Real& out, words_function help) {
    const std::string_view word = peek_word();
    switch (reading::parse(word, out)) {
        case reading::outcome::no_number:
            return refuse_next(help);
        case reading::outcome::out_of_range:
            return refuse(help, reading::beyond(word));
        case reading::outcome::read:
            break;
    }
    take_word(word);
    return !failed_;
}
bool text_reader::real(float& out, words_function help) {
    return real_number(out, help);
}
bool text_reader::real(double& out, words_function help) {
    return real_number(out, help);
}

bool text_reader::enumerator(std::int64_t& out, const enumeration& of, words_function help) {
    std::string_view word = peek_word();
    const std::string_view all = word;
    const std::string wrapped =
        word.ends_with(')') ? short_type_name(of.type) + "(" : std::string{};
    if (!wrapped.empty() && word.starts_with(wrapped)) {
        word = reading::trimmed(word.substr(wrapped.size(), word.size() - wrapped.size() - 1));
    }
    if (const std::size_t which = reading::find_enumerator(word, of); which < of.names.size()) {
        out = of.names[which].value;
    } else if (const reading::outcome how = reading::parse_enumerator(word, of, out);
               how != reading::outcome::read) {
        return how == reading::outcome::no_number ? refuse_next(help)
                                                  : refuse(help, reading::beyond(word));
    }
    take_word(all);
    return !failed_;
}

bool text_reader::process(pid& out, std::uint32_t node, words_function help) {
    const std::string_view word = peek_word();
    if (takes_word("undefined")) {
        out = {};
        return true;
    }
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    const std::size_t dot = word.rfind('.');
    constexpr std::string_view begin = "<0.";
    if (!word.starts_with(begin) || !word.ends_with('>') || dot < begin.size() ||
        reading::parse(word.substr(begin.size(), dot - begin.size()), index) !=
            reading::outcome::read ||
        reading::parse(word.substr(dot + 1, word.size() - dot - 2), generation) !=
            reading::outcome::read) {
        return refuse_next(help);
    }
    if (node == 0) {
        return refuse(help, reading::in_quotes(word) + ", which can be read only in a process");
    }
    take_word(word);
    out = pid{node, index, generation};
    return !failed_;
}

bool text_reader::reference(ref& out, words_function help) {
    const std::string_view word = peek_word();
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    const std::size_t dot = word.find('.');
    constexpr std::string_view begin = "#Ref<";
    constexpr unsigned low_bits = 48;
    if (!word.starts_with(begin) || !word.ends_with('>') || dot == std::string_view::npos ||
        reading::parse(word.substr(begin.size(), dot - begin.size()), high) !=
            reading::outcome::read ||
        reading::parse(word.substr(dot + 1, word.size() - dot - 2), low) !=
            reading::outcome::read ||
        high >> (64U - low_bits) != 0 || low >> low_bits != 0) {
        return refuse_next(help);
    }
    take_word(word);
    out = ref{(high << low_bits) | low};
    return !failed_;
}

std::string text_reader::where() const {
    std::string out;
    for (const step& each : path_) {
        if (each.name.empty()) {
            out += "[" + std::to_string(each.index + 1) + "]";
        } else {
            out += (out.empty() ? "" : ".") + std::string{each.name};
        }
    }
    return out;
}

bool text_reader::refuse(words_function help, std::string found) {
    if (!failed_) {
        failed_ = true;
        type_words words = help();
        error_ = {where(), std::move(words.wants), std::move(words.example), std::move(found)};
    }
    return false;
}

bool text_reader::refuse_next(words_function help) {
    const std::string_view word = peek_word();
    if (!word.empty()) {
        return refuse(help, reading::in_quotes(word));
    }
    return refuse(help, at_ < text_.size() ? reading::in_quotes(text_.substr(at_, 1))
                        : text_.empty()    ? "an empty text"
                                           : "the end of the text");
}

bool text_reader::could_be(std::string_view word) {
    if (failed_ && error_.field == where()) {
        error_.wants += " or " + std::string{word};
    }
    return false;
}

bool text_reader::refuse_text(words_function help, std::string_view text) {
    return refuse(help, reading::in_quotes(text));
}

bool text_reader::charge(std::size_t bytes, words_function help) {
    bytes_ += std::min(bytes, read_bytes_max + 1);
    return bytes_ <= read_bytes_max ||
           refuse(help, "lists of more than " + std::to_string(read_bytes_max) + " bytes");
}

text_reader::nested::nested(text_reader& of, char open, char close, words_function help)
    : of_{of}, close_{close}, help_{help}, was_key_{std::exchange(of.is_key_, false)} {
    ++of_.depth_;
    if (of_.depth_ > read_depth_max) {
        of_.refuse(help_, "brackets in more than " + std::to_string(read_depth_max) + " others");
    } else if (!of_.takes(open)) {
        of_.refuse_next(help_);
    }
}

text_reader::nested::~nested() {
    --of_.depth_;
    of_.is_key_ = was_key_;
}

bool text_reader::nested::next_item() {
    if (of_.failed_ || of_.takes(close_)) {
        return false;
    }
    if (count_ > 0 && !of_.takes(',')) {
        return of_.refuse_next(help_);
    }
    ++count_;
    return true;
}

}  // namespace detail
}  // namespace coppice
