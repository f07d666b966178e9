// SPDX-License-Identifier: Apache-2.0
// What the templates of read.hpp read from: a text, a place in it, and what is wrong first.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "coppice/fwd.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Why a text is no value of a type. Its texts are fit for a terminal.
struct read_error {
    std::string field;    ///< Where: "to.x", "items[2]"; empty for the value itself.
    std::string wants;    ///< What is read there: "a whole number from 0 to 255".
    std::string example;  ///< A text that is read there; empty if none is known.
    std::string found;    ///< What is there instead.

    bool operator==(const read_error&) const = default;
};
/// "to.x takes a whole number from 0 to 255, such as 5, and not "abc"".
[[nodiscard]] std::string to_string(const read_error& e);

namespace detail {

/// Longer texts are refused.
inline constexpr std::size_t read_length_max = std::size_t{1} << 20U;
/// Of brackets in brackets. Types that hold themselves may be as deep as a text says.
inline constexpr std::size_t read_depth_max = 64;
/// Bytes of what the lists in a text hold: three letters may make an object of any size.
inline constexpr std::size_t read_bytes_max = std::size_t{64} << 20U;

/// How a type is told to people.
struct type_words {
    std::string type;     ///< "int"
    std::string wants;    ///< "a whole number from 0 to 255"
    std::string example;  ///< "5"
};
/// Asked for only to tell what is wrong.
using words_function = type_words (*)();

struct enumerator_name {
    std::string_view name;
    std::int64_t value;  ///< Of an unsigned one, the same bits.
};
/// What an enumeration takes besides its names.
struct enumeration {
    const std::type_info& type;
    std::span<const enumerator_name> names;
    bool takes_numbers;  ///< Else only those that have a name.
    std::int64_t least;  ///< Of numbers.
    std::uint64_t most;
    /// What `show` prints of it if that is no number; null if it is.
    std::string (*shown)(std::int64_t value);
};

/// The period of a duration, and what its count may be.
struct duration_limits {
    std::intmax_t numerator;
    std::intmax_t denominator;
    wide_count least;
    wide_count most;
};

/// Functions that read answer whether they did; after the first that did not none does.
class text_reader {
  public:
    explicit text_reader(std::string_view text) : text_{text} {}

    /// Whether the text is short enough; to be asked first.
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
    bool process(pid& out, words_function help);
    bool reference(ref& out, words_function help);

    /// Takes the word if it comes next and is a whole one.
    bool takes_word(std::string_view word);
    /// Takes the type's name if a bracket or the end follows.
    bool takes_type(const std::type_info& type);
    /// What is left is white space.
    bool ends(words_function help);
    /// The field that is named next, as in `x: ` or `x = `; `names.size()` if none is.
    std::size_t named_field(std::span<const std::string_view> names);
    /// What looks like the name of a field that is next; empty if nothing does.
    /// Outside of brackets nothing does: there it may be a text.
    std::string_view unknown_name() const;
    bool is_at_bracket();
    bool is_in_brackets() const noexcept { return depth_ > 0; }
    bool colon(words_function help);

    /// Notes what is wrong, unless something has been before. False.
    bool refuse(words_function help, std::string found);
    /// The same with what comes next in the text.
    bool refuse_next(words_function help);
    /// Adds to what is wrong here that the word would not be. False.
    bool could_be(std::string_view word);
    bool refuse_text(words_function help, std::string_view text);
    /// For one more element of a list. False if all of them are too large.
    bool charge(std::size_t bytes, words_function help);

    bool failed() const noexcept { return failed_; }
    /// Precondition: it failed.
    read_error take_error() { return std::move(error_); }

    /// A part of the value, for errors.
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

    /// Brackets around values with commas between them.
    class nested {
      public:
        nested(text_reader& of, char open, char close, words_function help);
        nested(const nested&) = delete;
        nested& operator=(const nested&) = delete;
        ~nested();
        /// False at the end, or if there is something else than a comma.
        bool next_item();
        /// How many there have been.
        std::size_t count() const noexcept { return count_; }

      private:
        text_reader& of_;
        char close_;
        words_function help_;
        bool was_key_;
        std::size_t count_ = 0;
    };

    /// A key ends at a colon.
    void reads_key(bool is_key) noexcept { is_key_ = is_key; }

  private:
    struct step {
        std::string_view name;  ///< Empty: `index` counts.
        std::size_t index;
    };

    void skip_spaces() noexcept;
    bool takes(char one);
    std::string_view rest() const noexcept { return text_.substr(at_); }
    /// Up to a comma, a bracket that was not opened in it, or the end; without spaces around it.
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

/// The runtime of the process that reads; 0 if none does.
std::uint32_t node_of_reader() noexcept;

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
