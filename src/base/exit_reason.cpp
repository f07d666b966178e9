// SPDX-License-Identifier: Apache-2.0

#include "coppice/exit_reason.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <span>
#include <variant>

#include "base/reason_brief.hpp"
#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/printable.hpp"

namespace coppice {
namespace detail {
namespace {

constexpr std::array<std::string_view, 10> known_names{
    "normal",  "shutdown",     "kill",   "killed",       "noproc",
    "timeout", "calling_self", "badarg", "noconnection", "mailbox_full"};

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
    static const content_type& content_of(const exit_reason& why) {
        COPPICE_EXPECTS(!why.is_known(), "ask as_symbol() first: a known reason has no content");
        return why.rep().content;
    }

    mutable std::atomic<std::uint32_t> owners{1};
    mutable const reason_rep* next_dead = nullptr;  ///< Link in a list, once `owners` is 0.
    content_type content;
};

namespace {

struct dead_reasons {
    const reason_rep* next = nullptr;
    bool destroying = false;
};
constinit thread_local dead_reasons dead_here;

/// Reasons nest as deep as calls do, also inside user values. A reason that dies while another
/// reason is being destroyed waits in a list, so that the stack does not grow with the nesting.
void destroy(const reason_rep& dead) noexcept {
    dead_reasons& here = dead_here;
    dead.next_dead = std::exchange(here.next, &dead);
    if (std::exchange(here.destroying, true)) {
        return;
    }
    while (here.next != nullptr) {
        const reason_rep* next = here.next;
        here.next = next->next_dead;
        delete next;
    }
    here.destroying = false;
}

std::string demangled(const char* name) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable{
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free};
    return status == 0 ? std::string{readable.get()} : std::string{name};
}

/// The last name that a thread has asked for: a server that crashes again and again throws one type. Without a
/// destructor, because the destructors of static objects may ask for names. Compared by content, because another
/// library may be loaded at the same address.
class last_type_name {
  public:
    std::string of(const char* mangled) {
        const std::string_view name{mangled};
        if (mangled_length_ > 0 && name == std::string_view{mangled_.data(), mangled_length_}) {
            return {readable_.data(), readable_length_};
        }
        std::string readable = demangled(mangled);
        if (name.size() <= mangled_.size() && readable.size() <= readable_.size()) {
            mangled_length_ = name.copy(mangled_.data(), name.size());
            readable_length_ = readable.copy(readable_.data(), readable.size());
        }
        return readable;
    }

  private:
    std::array<char, 96> mangled_{};
    std::array<char, 144> readable_{};
    std::size_t mangled_length_ = 0;
    std::size_t readable_length_ = 0;
};

}  // namespace

std::string readable_type_name(const std::type_info& type) {
    static thread_local constinit last_type_name last;
    return last.of(type.name());
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
    COPPICE_EXPECTS(index < size(), "ask size() first: only a tuple has terms");
    return (*std::get_if<reason_rep::terms>(&rep().content))[index];
}

void exit_reason::retain() const noexcept {
    rep().owners.fetch_add(1, std::memory_order_relaxed);
}

void exit_reason::release() const noexcept {
    // Release: pairs with the acquire of the last owner's fetch_sub, which is this same call. So
    // the reads of all owners come before the destruction.
    if (rep().owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const base::without_caller_outside acting;  // the reason may hold a user value
        detail::destroy(rep());
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
    bool operator()(const reason_rep::terms&, const reason_rep::terms&) const {
        return false;  // tuples are compared term by term, see may_be_equal
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
        out += c;
    }
    return out + '"';
}

/// Limits of a printed reason: reasons nest as deep as calls do, and the text of each reason
/// contains the texts of all nested reasons.
constexpr unsigned printed_depth_max = 16;
constexpr std::size_t printed_bytes_max = std::size_t{16} * 1024;

/// Nesting depth of the reason that this thread prints, including reasons printed by user values.
constinit thread_local unsigned printed_depth = 0;

/// Prints a reason up to the limits above. A text that is cut ends in `...`, once.
class printer {
  public:
    std::string print(const exit_reason& why) {
        append(why);
        return std::move(out_);
    }

    void operator()(const detail::symbol_term& symbol) { add(symbol.name); }
    void operator()(const std::string& text) { add(quoted(text)); }
    void operator()(std::int64_t value) { add(std::to_string(value)); }
    void operator()(const pid& who) { add(to_string(who)); }
    void operator()(const error_info& error) {
        add("{");
        add(error.type);
        add(",");
        add(quoted(error.what));
        add("}");
    }
    void operator()(const reason_rep::held_value& value) {
        const level inside;
        add(inside.is_too_deep() ? "..." : value->print());
    }
    void operator()(const reason_rep::terms& terms) {
        const level inside;
        if (inside.is_too_deep()) {
            add("{...}");
            return;
        }
        const char* before = "{";
        for (const auto& term : terms) {
            add(std::exchange(before, ","));
            append(term);
        }
        add(terms.empty() ? "{}" : "}");
    }

  private:
    struct level {
        level() noexcept { ++printed_depth; }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        ~level() { --printed_depth; }
        static bool is_too_deep() noexcept { return printed_depth > printed_depth_max; }
    };

    void append(const exit_reason& why) {
        if (!why.as_symbol().empty()) {
            add(why.as_symbol());
        } else if (!is_full_) {
            std::visit(*this, reason_rep::content_of(why));
        }
    }
    void add(std::string_view text) {
        if (is_full_) {
            return;
        }
        if (out_.size() + text.size() > printed_bytes_max) {
            out_ += text.substr(0, printed_bytes_max - out_.size());
            out_ += "...";
            is_full_ = true;
            return;
        }
        out_ += text;
    }

    std::string out_;
    bool is_full_ = false;
};

}  // namespace

namespace {

/// Prints a reason into a small buffer of fixed size.
class brief_printer {
  public:
    explicit brief_printer(std::span<char> room) noexcept : room_{room} {}

    void append(const exit_reason& why) noexcept {
        if (!why.as_symbol().empty()) {
            add(why.as_symbol());
        } else if (!is_full()) {
            std::visit(*this, reason_rep::content_of(why));
        }
    }
    void operator()(const detail::symbol_term& symbol) noexcept { add(symbol.name); }
    void operator()(const std::string& text) noexcept { add_quoted(text); }
    void operator()(std::int64_t value) noexcept { add_number(value); }
    void operator()(const pid& who) noexcept {
        add("<0.");
        add_number(who.index());
        add(".");
        add_number(who.generation());
        add(">");
    }
    void operator()(const error_info& error) noexcept {
        add("{");
        add(error.type);
        add(",");
        add_quoted(error.what);
        add("}");
    }
    void operator()(const reason_rep::held_value& value) noexcept {
        add("#");
        try {
            add(detail::readable_type_name(value->type()));
        } catch (...) {
            add(value->type().name());
        }
    }
    void operator()(const reason_rep::terms& terms) noexcept {
        if (depth_ == depth_max) {
            add("{...}");
            return;
        }
        ++depth_;
        add("{");
        const char* before = "";
        for (const exit_reason& term : terms) {
            add(std::exchange(before, ","));
            append(term);
        }
        add("}");
        --depth_;
    }

    std::size_t end() noexcept {
        if (cut_) {
            std::ranges::copy(dots.substr(0, room_.size()),
                              room_.end() - std::ssize(dots.substr(0, room_.size())));
        }
        return used_;
    }

  private:
    static constexpr unsigned depth_max = 8;
    static constexpr std::string_view dots = "...";

    bool is_full() const noexcept { return cut_; }
    void add(std::string_view text) noexcept {
        const std::size_t fits = std::min(text.size(), room_.size() - used_);
        std::memcpy(room_.data() + used_, text.data(), fits);
        used_ += fits;
        cut_ = cut_ || fits < text.size();
    }
    void add_quoted(std::string_view text) noexcept {
        add("\"");
        add(text);
        add("\"");
    }
    void add_number(std::int64_t value) noexcept {
        std::array<char, 24> digits{};
        const auto made = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        add({digits.data(), static_cast<std::size_t>(made.ptr - digits.data())});
    }

    std::span<char> room_;
    std::size_t used_ = 0;
    unsigned depth_ = 0;
    bool cut_ = false;
};

}  // namespace

std::size_t base::print_briefly(const exit_reason& why, std::span<char> room) noexcept {
    brief_printer out{room};
    out.append(why);
    return out.end();
}

namespace {

using pairs_of_reasons = std::vector<std::pair<const exit_reason*, const exit_reason*>>;

/// False if the two reasons differ. The terms of two tuples are appended to
/// `rest` for later comparison.
bool may_be_equal(const exit_reason& left, const exit_reason& right, pairs_of_reasons& rest) {
    const auto& l = reason_rep::content_of(left);
    const auto& r = reason_rep::content_of(right);
    const auto* left_terms = std::get_if<reason_rep::terms>(&l);
    const auto* right_terms = std::get_if<reason_rep::terms>(&r);
    if (left_terms == nullptr || right_terms == nullptr) {
        return std::visit(same_content{}, l, r);
    }
    if (left_terms->size() != right_terms->size()) {
        return false;
    }
    for (std::size_t i = 0; i < left_terms->size(); ++i) {
        rest.emplace_back(&(*left_terms)[i], &(*right_terms)[i]);
    }
    return true;
}

}  // namespace

bool exit_reason::are_equal_terms(const exit_reason& left, const exit_reason& right) {
    COPPICE_EXPECTS(!left.is_known() && !right.is_known(), "compare known reasons by their words");
    pairs_of_reasons rest;  // a list instead of recursion: reasons nest as deep as calls do
    if (!may_be_equal(left, right, rest)) {
        return false;
    }
    while (!rest.empty()) {
        const auto [l, r] = rest.back();
        rest.pop_back();
        if (l->word_ != r->word_ &&
            (l->is_known() || r->is_known() || !may_be_equal(*l, *r, rest))) {
            return false;
        }
    }
    return true;
}

std::string to_string(const exit_reason& why) {
    if (!why.as_symbol().empty()) {
        return printable(why.as_symbol());
    }
    return printable(printer{}.print(why));
}

std::ostream& operator<<(std::ostream& out, const exit_reason& why) {
    return out << to_string(why);
}

}  // namespace coppice
