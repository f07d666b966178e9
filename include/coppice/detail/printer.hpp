// SPDX-License-Identifier: Apache-2.0
// The output of the templates in show.hpp: text within limits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <typeinfo>

#pragma GCC visibility push(default)

namespace coppice {

/// How much of a value is shown.
struct show_limits {
    std::size_t depth = 8;      ///< Levels of nested values.
    std::size_t items = 32;     ///< Elements of one range.
    std::size_t length = 2048;  ///< Bytes of the whole text.
};

namespace detail {

/// The type's name without a namespace, as `show` prints it: `box<b::c>` for `a::box<b::c>`.
std::string short_type_name(const std::type_info& type);
/// "counter" for `my::counter`, computed once.
template <class T>
const std::string& short_type_name() {
    static const std::string name = short_type_name(typeid(T));
    return name;
}
/// The unit of durations with this period, as `show` writes it: "ms".
std::string unit_name(std::intmax_t numerator, std::intmax_t denominator);

class printer {
  public:
    explicit printer(const show_limits& limits) : limits_{limits} {}
    std::string take() &&;

    void text(std::string_view words);
    void quoted(std::string_view words);
    void character(char one);
    void number(std::int64_t value);
    void number(std::uint64_t value);
    void number(double value);
    void unit(std::intmax_t numerator, std::intmax_t denominator);
    void type(const std::type_info& type);
    /// Without a namespace.
    void short_type(const std::type_info& type);
    void field(std::string_view name, std::size_t index);

    /// Adds the result of user code. If the user code throws, the text says that `how` threw.
    template <class Print>
    void printed(std::string_view how, Print print) {
        try {
            foreign(print());
        } catch (...) {
            could_not(how);
        }
    }

    /// One level of nesting.
    class deeper {
      public:
        explicit deeper(printer& of) : of_{of}, goes_on_{of.descend()} {}
        deeper(const deeper&) = delete;
        deeper& operator=(const deeper&) = delete;
        ~deeper() { --of_.depth_; }
        /// False at the depth limit. The text then has a mark for the part that is left out.
        bool goes_on() const { return goes_on_; }

      private:
        printer& of_;
        bool goes_on_;
    };

    /// One level of nesting with brackets and commas.
    class nested {
      public:
        /// With `has_limit`, at most `show_limits::items` items are shown.
        nested(printer& of, char open, char close, bool has_limit = false);
        nested(const nested&) = delete;
        nested& operator=(const nested&) = delete;
        ~nested();
        bool goes_on() const { return level_.goes_on() && !is_over_; }
        /// False if no further item is shown.
        bool next_item() const;

      private:
        printer& of_;
        char close_;
        bool has_limit_;
        deeper level_;
        mutable std::size_t items_ = 0;
        mutable bool is_over_ = false;
    };

  private:
    bool descend();
    bool is_full() const noexcept { return out_.size() >= limits_.length; }
    void foreign(const std::string& said);
    void could_not(std::string_view how);

    show_limits limits_;
    std::size_t depth_ = 0;
    std::string out_;
};

/// The output of the value's `operator<<`.
std::string streamed(const void* value, void (*write)(std::ostream&, const void*));

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
