// SPDX-License-Identifier: Apache-2.0
// A terminal emulator: reads the output of a program to an xterm, and keeps the screen that a user would see.
// Supports the xterm sequences that ncurses and libedit use; any other sequence is an error.

#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::test {

class terminal_screen {
  public:
    terminal_screen(std::size_t rows, std::size_t columns) { resize(rows, columns); }

    void resize(std::size_t rows, std::size_t columns) {
        rows_ = rows;
        columns_ = columns;
        for (auto& each : lines_) {
            each.resize(columns);
        }
        lines_.resize(rows, line(columns));
        bottom_ = rows - 1;
        top_ = 0;
        row_ = std::min(row_, rows - 1);
        column_ = std::min(column_, columns - 1);
    }

    void read(std::string_view bytes) {
        rest_ += bytes;
        std::size_t done = 0;
        while (const std::size_t used = take(std::string_view{rest_}.substr(done))) {
            done += used;
        }
        rest_.erase(0, done);
    }

    /// The screen without blanks at the ends of lines, and without empty lines at the end.
    std::string text() const {
        std::string out;
        for (std::size_t y = 0; y < rows_; ++y) {
            out += row(y) + "\n";
        }
        out.erase(out.find_last_not_of('\n') + 1);
        return out;
    }
    std::string row(std::size_t y) const {
        std::string out;
        for (const std::string& each : lines_.at(y)) {
            out += each.empty() ? " " : each;
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out;
    }
    std::string last_row() const { return row(rows_ - 1); }
    std::size_t cursor_row() const { return row_; }
    std::size_t cursor_column() const { return column_; }

    /// Whether the program ever used a colour.
    bool has_colours() const { return has_colours_; }
    /// Whether the program shows the alternate screen.
    bool is_alternate() const { return is_alternate_; }
    /// Unsupported sequences.
    const std::vector<std::string>& unknown() const { return unknown_; }

  private:
    using line = std::vector<std::string>;  // Of characters, UTF-8.

    /// The number of consumed bytes; 0 if the sequence is incomplete.
    std::size_t take(std::string_view in) {
        if (in.empty()) {
            return 0;
        }
        const auto first = static_cast<unsigned char>(in.front());
        if (first == 0x1b) {
            return take_escape(in);
        }
        if (first < 0x20 || first == 0x7f) {
            control(in.front());
            return 1;
        }
        const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (in.size() < length) {
            return 0;
        }
        print(std::string{in.substr(0, length)});
        return length;
    }

    void print(std::string character) {
        if (column_ >= columns_) {
            // xterm wraps only at the next character.
            column_ = 0;
            feed();
        }
        lines_[row_][column_++] = character;
        last_ = std::move(character);
    }

    void control(char what) {
        switch (what) {
            case '\r':
                column_ = 0;
                break;
            case '\n':
                feed();
                break;
            case '\b':
                column_ = std::min(column_, columns_ - 1);
                column_ -= column_ > 0 ? 1 : 0;
                break;
            case '\t':
                column_ = std::min((column_ / 8 + 1) * 8, columns_ - 1);
                break;
            default:  // The bell, shift in and shift out.
                break;
        }
    }

    void feed() {
        if (row_ == bottom_) {
            scroll(1);
        } else if (row_ + 1 < rows_) {
            ++row_;
        }
    }
    void scroll(std::size_t count) {
        for (; count > 0; --count) {
            lines_.erase(at(top_));
            lines_.insert(at(bottom_), line(columns_));
        }
    }
    std::vector<line>::iterator at(std::size_t y) {
        return lines_.begin() + static_cast<std::ptrdiff_t>(y);
    }
    void insert_lines(std::size_t count) {
        for (; count > 0; --count) {
            lines_.erase(at(bottom_));
            lines_.insert(at(row_), line(columns_));
        }
    }
    void delete_lines(std::size_t count) {
        for (; count > 0; --count) {
            lines_.erase(at(row_));
            lines_.insert(at(bottom_), line(columns_));
        }
    }

    std::size_t take_escape(std::string_view in) {
        if (in.size() < 2) {
            return 0;
        }
        switch (in[1]) {
            case '[':
                return take_sequence(in);
            case '(':
            case ')':
                return in.size() < 3 ? 0 : 3;
            case '7':
                saved_row_ = row_;
                saved_column_ = column_;
                return 2;
            case '8':
                row_ = saved_row_;
                column_ = saved_column_;
                return 2;
            case 'M':
                if (row_ > top_) {
                    --row_;
                } else {
                    insert_lines(1);
                }
                return 2;
            case '=':
            case '>':
            case 'c':
                return 2;
            default:
                unknown_.emplace_back(in.substr(0, 2));
                return 2;
        }
    }

    /// ESC [ ? 1 ; 2 m
    std::size_t take_sequence(std::string_view in) {
        const std::size_t end = in.find_first_not_of("0123456789;?>!", 2);
        if (end == std::string_view::npos) {
            return 0;
        }
        const std::string_view between = in.substr(2, end - 2);
        if (!between.empty() && (between.front() == '?' || between.front() == '>')) {
            mode(between, in[end]);
        } else if (between.find('!') == std::string_view::npos) {
            obey(in[end], numbers_in(between), std::string{in.substr(0, end + 1)});
        }
        return end + 1;
    }
    void mode(std::string_view which, char what) {
        if (which.find("1049") != std::string_view::npos) {
            is_alternate_ = what == 'h';
            if (what == 'h') {
                main_ = lines_;
                lines_.assign(rows_, line(columns_));
            } else {
                lines_ = main_;
                resize(rows_, columns_);
            }
        }
    }
    static std::vector<std::size_t> numbers_in(std::string_view text) {
        std::vector<std::size_t> out;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(';'), text.size());
            std::size_t number = 0;
            std::from_chars(text.data(), text.data() + end, number);
            out.push_back(number);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return out;
    }

    void obey(char what, const std::vector<std::size_t>& given, std::string whole) {
        const std::size_t first = given.empty() ? 0 : given[0];
        const std::size_t count = std::max<std::size_t>(first, 1);
        const std::size_t second = given.size() < 2 ? 1 : std::max<std::size_t>(given[1], 1);
        line& here = lines_[row_];
        switch (what) {
            case 'A':
                row_ -= std::min(row_, count);
                return;
            case 'B':
                row_ = std::min(row_ + count, rows_ - 1);
                return;
            case 'C':
                column_ = std::min(column_ + count, columns_ - 1);
                return;
            case 'D':
                column_ = std::min(column_, columns_ - 1);
                column_ -= std::min(column_, count);
                return;
            case 'G':
                column_ = std::min(count - 1, columns_ - 1);
                return;
            case 'd':
                row_ = std::min(count - 1, rows_ - 1);
                return;
            case 'H':
                row_ = std::min(count - 1, rows_ - 1);
                column_ = std::min(second - 1, columns_ - 1);
                return;
            case 'J':
                erase_screen(first);
                return;
            case 'K':
                erase_line(first);
                return;
            case 'X':
                fill(here, column_, std::min(column_ + count, columns_), " ");
                return;
            case 'P':
                here.erase(here.begin() + column(),
                           here.begin() + column() +
                               static_cast<std::ptrdiff_t>(std::min(count, columns_ - column_)));
                here.resize(columns_);
                return;
            case '@':
                here.insert(here.begin() + column(), count, " ");
                here.resize(columns_);
                return;
            case 'b':
                for (std::size_t i = 0; i < count; ++i) {
                    print(last_);
                }
                return;
            case 'L':
                insert_lines(count);
                return;
            case 'M':
                delete_lines(count);
                return;
            case 'S':
                scroll(count);
                return;
            case 'T':
                scroll_down(count);
                return;
            case 'r':
                top_ = count - 1;
                bottom_ = given.size() < 2 ? rows_ - 1 : std::min(second, rows_) - 1;
                row_ = column_ = 0;
                return;
            case 'm':
                has_colours_ |= std::ranges::any_of(given, [](std::size_t n) {
                    return (n >= 30 && n <= 38) || (n >= 40 && n <= 48) || (n >= 90 && n <= 107);
                });
                return;
            case 'h':
            case 'l':
            case 't':
            case 'n':
                return;
            default:
                unknown_.push_back(std::move(whole));
        }
    }
    void scroll_down(std::size_t count) {
        for (; count > 0; --count) {
            lines_.erase(at(bottom_));
            lines_.insert(at(top_), line(columns_));
        }
    }
    std::ptrdiff_t column() const { return static_cast<std::ptrdiff_t>(column_); }
    static void fill(line& in, std::size_t from, std::size_t to, const std::string& with) {
        for (std::size_t i = from; i < to; ++i) {
            in[i] = with;
        }
    }
    void erase_line(std::size_t which) {
        const std::size_t from = which == 0 ? std::min(column_, columns_) : 0;
        const std::size_t to = which == 1 ? std::min(column_ + 1, columns_) : columns_;
        fill(lines_[row_], from, to, "");
    }
    void erase_screen(std::size_t which) {
        erase_line(which);
        for (std::size_t y = 0; y < rows_; ++y) {
            if (which == 2 || which == 3 || (which == 0 && y > row_) || (which == 1 && y < row_)) {
                lines_[y].assign(columns_, "");
            }
        }
    }

    std::size_t rows_ = 0;
    std::size_t columns_ = 0;
    std::vector<line> lines_;
    /// The main screen while the alternate screen is shown.
    std::vector<line> main_;
    std::size_t row_ = 0;
    /// May be one past the end: the line is full.
    std::size_t column_ = 0;
    std::size_t saved_row_ = 0;
    std::size_t saved_column_ = 0;
    std::size_t top_ = 0;  ///< The first line of the scroll region.
    std::size_t bottom_ = 0;
    std::string rest_;  ///< The incomplete sequence.
    std::string last_ = " ";
    bool has_colours_ = false;
    bool is_alternate_ = false;
    std::vector<std::string> unknown_;
};

}  // namespace coppice::test
