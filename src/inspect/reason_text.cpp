// SPDX-License-Identifier: Apache-2.0
// Exit reasons from text: the inverse of the printed form, as far as an inverse exists.

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inspect/parameters.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {
namespace {

/// Reads one term from the front of a text. Nested no deeper than `nesting_max`.
class reason_reader {
  public:
    explicit reason_reader(std::string_view text) : rest_{text} {}

    /// Empty unless the whole text is one term.
    std::optional<exit_reason> whole() {
        auto out = term(0);
        skip_blanks();
        return rest_.empty() ? std::move(out) : std::nullopt;
    }

  private:
    std::optional<exit_reason> term(unsigned depth) {
        skip_blanks();
        if (rest_.empty() || depth > nesting_max) {
            return {};
        }
        switch (rest_.front()) {
            case '{':
                return tuple(depth);
            case '"':
                return text('"');
            case '\'':
                return text('\'');
            case '<':
                return process();
            default:
                return word();
        }
    }

    std::optional<exit_reason> tuple(unsigned depth) {
        rest_.remove_prefix(1);
        std::vector<exit_reason> terms;
        if (take('}')) {
            return exit_reason::tuple_of(std::move(terms));
        }
        do {
            auto next = term(depth + 1);
            if (!next) {
                return {};
            }
            terms.push_back(std::move(*next));
        } while (take(','));
        if (!take('}')) {
            return {};
        }
        return exit_reason::tuple_of(std::move(terms));
    }

    /// A text in double quotes, a symbol in single quotes.
    std::optional<exit_reason> text(char quote) {
        rest_.remove_prefix(1);
        std::string out;
        while (!rest_.empty() && rest_.front() != quote) {
            if (rest_.front() == '\\' && rest_.size() > 1) {
                rest_.remove_prefix(1);
            }
            out += rest_.front();
            rest_.remove_prefix(1);
        }
        if (!take(quote)) {
            return {};
        }
        return quote == '"' ? exit_reason::text(std::move(out)) : exit_reason::symbol(out);
    }

    std::optional<exit_reason> process() {
        const std::size_t end = rest_.find('>');
        if (end == std::string_view::npos) {
            return {};
        }
        const auto named = pid_from(rest_.substr(0, end + 1));
        rest_.remove_prefix(end + 1);
        if (!named) {
            return {};
        }
        return exit_reason::process(*named);
    }

    std::optional<exit_reason> word() {
        const std::string_view found = rest_.substr(0, rest_.find_first_of(" \t{}\",'<>"));
        if (found.empty()) {
            return {};
        }
        rest_.remove_prefix(found.size());
        std::int64_t number = 0;
        const auto [end, error] =
            std::from_chars(found.data(), found.data() + found.size(), number);
        if (error == std::errc{} && end == found.data() + found.size()) {
            return exit_reason::integer(number);
        }
        return exit_reason::symbol(found);
    }

    bool take(char expected) {
        skip_blanks();
        if (rest_.empty() || rest_.front() != expected) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    void skip_blanks() {
        const std::size_t next = rest_.find_first_not_of(" \t");
        rest_.remove_prefix(next == std::string_view::npos ? rest_.size() : next);
    }

    std::string_view rest_;
};

}  // namespace

exit_reason reason_from(std::string_view text) {
    if (text.empty()) {
        throw request_error{code::bad_parameter,
                            "reason: is empty; write normal, shutdown, kill or "
                            "a word of your own"};
    }
    const auto term = reason_reader{text}.whole();
    return term ? *term : exit_reason::symbol(text);
}

}  // namespace coppice::inspect
