// SPDX-License-Identifier: Apache-2.0
// The input of the templates in read.hpp: a text, the position in the text, and the first error.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "coppice/detail/contract.hpp"
#include "coppice/fwd.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Why a text is not a value of a type. All strings are safe to print on a terminal.
struct read_error {
    std::string field;    ///< The place: "to.x", "items[2]"; empty for the whole value.
    std::string wants;    ///< The expected content: "a whole number from 0 to 255".
    std::string example;  ///< A valid text for the place; empty if unknown.
    std::string found;    ///< The actual content.

    bool operator==(const read_error&) const = default;
};
/// "to.x takes a whole number from 0 to 255, such as 5, and not "abc"".
[[nodiscard]] std::string to_string(const read_error& e);

namespace detail {

/// In bytes. Longer texts are refused.
inline constexpr std::size_t read_length_max = std::size_t{1} << 20U;
/// Levels of nested brackets. A limit is needed because a recursive type may be as deep as a text says.
inline constexpr std::size_t read_depth_max = 64;
/// Total bytes of the elements of all lists in a text. A limit is needed because a text of three letters may
/// make an object of any size.
inline constexpr std::size_t read_bytes_max = std::size_t{64} << 20U;

/// The description of a type for a user.
struct type_words {
    std::string type;     ///< "int"
    std::string wants;    ///< "a whole number from 0 to 255"
    std::string example;  ///< "5"
};
/// Called only to describe an error.
using words_function = type_words (*)();

struct enumerator_name {
    std::string_view name;
    std::int64_t value;  ///< For an unsigned number, the same bits.
};
/// The values of an enumeration, with and without names.
struct enumeration {
    const std::type_info& type;
    std::span<const enumerator_name> names;
    bool takes_numbers;  ///< If false, only numbers with a name are taken.
    std::int64_t least;  ///< The smallest number.
    std::uint64_t most;
    /// The text that `show` prints for a value. Null if `show` prints a number.
    std::string (*shown)(std::int64_t value);
};

/// The period of a duration, and the range of its count.
struct duration_limits {
    std::intmax_t numerator;
    std::intmax_t denominator;
    wide_count least;
    wide_count most;
};

/// A parser. Every reading function returns whether it succeeded. After the first failure all of them fail.
class text_reader {
  public:
    explicit text_reader(std::string_view text) : text_{text} {}

    /// Whether the text is short enough. To be called first.
    bool fits(words_function help);
    bool boolean(bool& out, words_function help);
    bool character(char& out, words_function help);
    bool string(std::string& out, words_function help);
    bool signed_number(std::int64_t& out, std::int64_t least, std::int64_t most,
                       words_function help);
    bool unsigned_number(std::uint64_t& out, std::uint64_t most, words_function help);
    bool real(float& out, words_function help);
    bool real(double& out, words_function help);
    bool enumerator(std::int64_t& out, const enumeration& of, words_function help);
    bool whole_duration(std::int64_t& out, const duration_limits& of, words_function help);
    bool real_duration(double& out, const duration_limits& of, words_function help);
    /// `node` is the number of the runtime of the pid; with 0 a pid is refused.
    bool process(pid& out, std::uint32_t node, words_function help);
    bool reference(ref& out, words_function help);

    /// Takes the word if the whole next word is equal.
    bool takes_word(std::string_view word);
    /// Takes the type's name if a bracket or the end follows.
    bool takes_type(const std::type_info& type);
    /// Whether only white space is left.
    bool ends(words_function help);
    /// The field whose name comes next, as in `x: ` or `x = `; `names.size()` if there is none.
    std::size_t named_field(std::span<const std::string_view> names);
    /// The next word if `:` or `=` follows, as after the name of a field; otherwise empty. Always empty
    /// outside of brackets, where such a word may be part of a text.
    std::string_view unknown_name() const;
    bool is_at_bracket();
    bool is_in_brackets() const noexcept { return depth_ > 0; }
    bool colon(words_function help);

    /// Records the error, unless an earlier error is recorded. Returns false.
    bool refuse(words_function help, std::string found);
    /// Likewise. The next word of the text is the content found.
    bool refuse_next(words_function help);
    /// Adds to the recorded error of this place that `word` would be valid too. Returns false.
    bool could_be(std::string_view word);
    bool refuse_text(words_function help, std::string_view text);
    /// Counts one more element of a list. False if the elements of all lists are too large together.
    bool charge(std::size_t bytes, words_function help);

    bool failed() const noexcept { return failed_; }
    /// Precondition: reading has failed.
    read_error take_error() {
        COPPICE_EXPECTS(failed_, "ask failed() before the error is taken");
        return std::move(error_);
    }

    /// Names a part of the value for errors, for as long as the object lives.
    class place {
      public:
        place(text_reader& of, std::string_view name, std::size_t index) : of_{of} {
            of.path_.push_back({name, index});
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() { of_.path_.pop_back(); }

      private:
        text_reader& of_;
    };

    /// Brackets around values separated by commas.
    class nested {
      public:
        nested(text_reader& of, char open, char close, words_function help);
        nested(const nested&) = delete;
        nested& operator=(const nested&) = delete;
        ~nested();
        /// False at the end, or if the next character is not a comma.
        bool next_item();
        /// The number of items so far.
        std::size_t count() const noexcept { return count_; }

      private:
        text_reader& of_;
        char close_;
        words_function help_;
        bool was_key_;
        std::size_t count_ = 0;
    };

    /// While a key is read, a colon ends a word.
    void reads_key(bool is_key) noexcept { is_key_ = is_key; }

  private:
    struct step {
        std::string_view name;  ///< Empty for an element: then `index` is shown.
        std::size_t index;
    };

    void skip_spaces() noexcept;
    bool takes(char one);
    std::string_view rest() const noexcept { return text_.substr(at_); }
    /// The text up to a comma, an unmatched closing bracket or the end, without surrounding white space.
    std::string_view peek_word();
    void take_word(std::string_view word) noexcept;
    bool quoted(std::string& out, words_function help);
    bool escape(char& out);
    bool quoted_character(char& out);
    std::string where() const;
    template <class Real>
    bool real_number(Real& out, words_function help);

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t bytes_ = 0;
    bool is_key_ = false;
    bool failed_ = false;
    std::vector<step> path_;
    read_error error_;
};

/// The number of the calling process's runtime; 0 outside of a process.
std::uint32_t node_of_reader() noexcept;

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
