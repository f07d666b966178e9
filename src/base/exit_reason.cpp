// SPDX-License-Identifier: Apache-2.0

#include "coppice/exit_reason.hpp"

#include <cxxabi.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <variant>

namespace coppice {
namespace detail {
namespace {

constexpr std::array<std::string_view, 8> known_names{
    "normal", "shutdown", "kill", "killed", "noproc", "timeout", "calling_self", "badarg"};

struct symbol_term {
    std::string name;
};

}  // namespace

struct reason_rep {
    using terms = std::vector<exit_reason>;
    using held_value = std::unique_ptr<reason_value>;
    using content_type =
        std::variant<symbol_term, std::string, std::int64_t, pid, terms, error_info, held_value>;

    explicit reason_rep(content_type c) : content{std::move(c)} {}

    template <class T>
    static exit_reason make(T content) {
        return exit_reason{new reason_rep{content_type{std::move(content)}}};
    }

    /// Precondition: `why` is not one of the known reasons.
    static const content_type& content_of(const exit_reason& why) { return why.rep().content; }

    mutable std::atomic<std::uint32_t> owners{1};
    content_type content;
};

std::string readable_type_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
    return status == 0 ? std::string{name.get()} : std::string{type.name()};
}

}  // namespace detail

using detail::reason_rep;

exit_reason::exit_reason(const char* name) : exit_reason{symbol(name)} {}

exit_reason exit_reason::symbol(std::string_view name) {
    for (std::size_t i = 0; i < detail::known_names.size(); ++i) {
        if (detail::known_names[i] == name) {
            return exit_reason{static_cast<detail::known_reason>(i)};
        }
    }
    return reason_rep::make(detail::symbol_term{std::string{name}});
}

exit_reason exit_reason::text(std::string value) {
    return reason_rep::make(std::move(value));
}

exit_reason exit_reason::integer(std::int64_t value) {
    return reason_rep::make(value);
}

exit_reason exit_reason::process(const pid& who) {
    return reason_rep::make(who);
}

exit_reason exit_reason::error(error_info info) {
    return reason_rep::make(std::move(info));
}

exit_reason exit_reason::tuple_of(std::vector<exit_reason> terms) {
    return reason_rep::make(std::move(terms));
}

exit_reason exit_reason::holding(detail::reason_value* owned) {
    return reason_rep::make(reason_rep::held_value{owned});
}

bool exit_reason::is_shutdown() const noexcept {
    return *this == reason::shutdown || (size() == 2 && (*this)[0] == reason::shutdown);
}

bool exit_reason::is_quiet() const noexcept {
    return *this == reason::normal || is_shutdown();
}

const error_info* exit_reason::as_error() const noexcept {
    return is_known() ? nullptr : std::get_if<error_info>(&rep().content);
}

std::string_view exit_reason::as_symbol() const noexcept {
    if (is_known()) {
        return detail::known_names[word_ >> 1U];
    }
    const auto* symbol = std::get_if<detail::symbol_term>(&rep().content);
    return symbol == nullptr ? std::string_view{} : std::string_view{symbol->name};
}

const std::string* exit_reason::as_text() const noexcept {
    return is_known() ? nullptr : std::get_if<std::string>(&rep().content);
}

pid exit_reason::as_process() const noexcept {
    const pid* who = is_known() ? nullptr : std::get_if<pid>(&rep().content);
    return who == nullptr ? pid{} : *who;
}

const detail::reason_value* exit_reason::value() const noexcept {
    const auto* held = is_known() ? nullptr : std::get_if<reason_rep::held_value>(&rep().content);
    return held == nullptr ? nullptr : held->get();
}

std::size_t exit_reason::size() const noexcept {
    const auto* terms = is_known() ? nullptr : std::get_if<reason_rep::terms>(&rep().content);
    return terms == nullptr ? 0 : terms->size();
}

const exit_reason& exit_reason::operator[](std::size_t index) const noexcept {
    return (*std::get_if<reason_rep::terms>(&rep().content))[index];
}

void exit_reason::retain() const noexcept {
    rep().owners.fetch_add(1, std::memory_order_relaxed);
}

void exit_reason::release() const noexcept {
    // The release half publishes this owner's reads to the last one, whose acquire half is this
    // same call.
    if (rep().owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete &rep();
    }
}

namespace {

struct same_content {
    bool operator()(const detail::symbol_term& l, const detail::symbol_term& r) const {
        return l.name == r.name;
    }
    bool operator()(const error_info& l, const error_info& r) const {
        return l.type == r.type && l.what == r.what;
    }
    bool operator()(const reason_rep::held_value& l, const reason_rep::held_value& r) const {
        return l->equals(*r);
    }
    template <class T>
    bool operator()(const T& l, const T& r) const {
        return l == r;
    }
    template <class T, class U>
    bool operator()(const T&, const U&) const {
        return false;
    }
};

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out + '"';
}

struct printer {
    std::string operator()(const detail::symbol_term& symbol) const { return symbol.name; }
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(const pid& who) const { return to_string(who); }
    std::string operator()(const error_info& error) const {
        return "{" + error.type + "," + quoted(error.what) + "}";
    }
    std::string operator()(const reason_rep::held_value& value) const { return value->print(); }
    std::string operator()(const reason_rep::terms& terms) const {
        std::string out = "{";
        for (const auto& term : terms) {
            out += (out.size() > 1 ? "," : "") + to_string(term);
        }
        return out + "}";
    }
};

}  // namespace

bool operator==(const exit_reason& left, const exit_reason& right) {
    if (left.word_ == right.word_) {
        return true;
    }
    if (left.is_known() || right.is_known()) {
        return false;
    }
    return std::visit(same_content{}, left.rep().content, right.rep().content);
}

std::string to_string(const exit_reason& why) {
    if (!why.as_symbol().empty()) {
        return std::string{why.as_symbol()};
    }
    return std::visit(printer{}, reason_rep::content_of(why));
}

std::ostream& operator<<(std::ostream& out, const exit_reason& why) {
    return out << to_string(why);
}

}  // namespace coppice
