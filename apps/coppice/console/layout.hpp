// SPDX-License-Identifier: Apache-2.0
// Layout for a terminal: colours, tables, times and sizes. Pure.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::cli {

enum class colour : std::uint8_t { none, bold, faint, red, green, orange, blue };

/// The text in a colour if `colours`, else the plain text.
[[nodiscard]] std::string painted(std::string_view text, colour in, bool colours);

/// The width of the text in terminal columns: 0 for a combining mark, 2 for a wide character.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// At most `most` columns of the text, with … in place of the rest.
[[nodiscard]] std::string cut(std::string_view text, std::size_t most);

/// Lines of cells under a heading, each column as wide as its widest cell. Control characters in cells are
/// escaped. Cells are cut to `cell_columns_max`, except in the last column.
class table {
  public:
    static constexpr std::size_t cell_columns_max = 60;

    /// A title with a leading ">" is for numbers, aligned to the right.
    table(std::initializer_list<std::string_view> titles);
    void add(std::vector<std::string> row);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::string text(bool colours) const;

  private:
    std::vector<std::string> titles_;
    std::vector<bool> right_;
    std::vector<std::vector<std::string>> rows_;
};

/// One fact a line, with the names in a column. A fact without a value is left out.
using facts = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string text_of(const facts& all, bool colours);

/// "850 ms", "12 s", "3 min 4 s", "1 h 2 min", "2 d 3 h".
[[nodiscard]] std::string duration_text(double milliseconds);
/// "512 B", "4.0 KiB".
[[nodiscard]] std::string size_text(double bytes);
/// The local time of day, with milliseconds.
[[nodiscard]] std::string clock_text(double milliseconds_since_epoch);

}  // namespace coppice::cli
