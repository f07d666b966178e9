// SPDX-License-Identifier: Apache-2.0
// The screen of `coppice top`, with ncurses.

#include "top/screen.hpp"

#define NCURSES_NOMACROS
#include <ncurses.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "console/layout.hpp"
#include "coppice/printable.hpp"
#include "top/top_model.hpp"

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto refresh_interval = 1s;
constexpr int key_wait_ms = 200;
constexpr int escape_key = 27;
constexpr int end_of_input = 4;  // Ctrl-D
constexpr int head_lines = 2;
constexpr const char* keys =
    "sort q)ueue r)eductions m)emory a)ge n)ame   k)ill   t)ree   e) reports   Esc leaves";

class terminal {
  public:
    terminal() {
        std::setlocale(LC_ALL, "");
        if (MB_CUR_MAX == 1) {
            std::setlocale(LC_CTYPE, "C.UTF-8");
        }
        screen_ = ::newterm(nullptr, stdout, stdin);
        if (screen_ == nullptr) {
            throw std::runtime_error{"the terminal type in TERM is unknown; --once prints a table"};
        }
        ::set_term(screen_);
        ::cbreak();
        ::noecho();
        ::keypad(stdscr, true);
        ::set_escdelay(25);
        ::curs_set(0);
        ::wtimeout(stdscr, key_wait_ms);
    }
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;
    ~terminal() {
        ::endwin();
        ::delscreen(screen_);
    }

  private:
    SCREEN* screen_;
};

class top_screen {
  public:
    top_screen(inspect::client& connection, const std::string& program)
        : connection_{connection}, model_{connection, program} {}

    void run() {
        while (!leaves_) {
            if (top_model::clock::now() >= next_refresh_) {
                refresh();
            }
            draw();
            if (const int key = ::wgetch(stdscr); key != ERR) {
                take(key);
            }
        }
    }

  private:
    void refresh() {
        next_refresh_ = top_model::clock::now() + refresh_interval;
        try {
            model_.refresh(top_model::clock::now());
        } catch (const inspect::error& why) {
            complain(why);
        }
        selected_ = std::min(selected_, model_.rows().empty() ? 0 : model_.rows().size() - 1);
    }

    /// Shows an error of the endpoint. Throws without a connection, since nothing is left to show.
    void complain(const inspect::error& why) {
        if (!connection_.is_open()) {
            throw why;
        }
        message_ = why.what();
    }

    static int room() { return std::max(getmaxy(stdscr) - head_lines - 1, 1); }

    static void put(int y, const std::string& text, attr_t look) {
        const auto width = static_cast<std::size_t>(std::max(getmaxx(stdscr), 1));
        const std::string fits = cut(printable(text), width);
        ::wattrset(stdscr, static_cast<int>(look));
        ::wmove(stdscr, y, 0);
        ::waddstr(stdscr, fits.c_str());
        if (look == A_REVERSE) {
            ::waddstr(stdscr, std::string(width - std::min(width, columns_of(fits)), ' ').c_str());
        }
        ::wattrset(stdscr, static_cast<int>(A_NORMAL));
    }

    void draw() {
        const auto lines = static_cast<std::size_t>(room());
        first_ = std::clamp(first_, selected_ < lines ? 0 : selected_ - lines + 1, selected_);
        ::werase(stdscr);
        for (std::size_t i = 0; i < std::min<std::size_t>(model_.head().size(), head_lines); ++i) {
            put(static_cast<int>(i), model_.head()[i], i == 0 ? A_BOLD : A_UNDERLINE);
        }
        for (std::size_t i = first_; i < std::min(model_.rows().size(), first_ + lines); ++i) {
            put(head_lines + static_cast<int>(i - first_), model_.rows()[i].text,
                i == selected_ ? A_REVERSE : A_NORMAL);
        }
        put(getmaxy(stdscr) - 1, message_.empty() ? keys : message_, A_BOLD);
        ::wrefresh(stdscr);
    }

    void show(top_view view) {
        model_.view = model_.view == view ? top_view::processes : view;
        selected_ = 0;
        refresh();
    }
    void sort_by(top_order order) {
        model_.order = order;
        model_.view = top_view::processes;
        refresh();
    }
    void move_by(int rows) {
        const int last = static_cast<int>(model_.rows().size()) - 1;
        selected_ = static_cast<std::size_t>(
            std::clamp(static_cast<int>(selected_) + rows, 0, std::max(last, 0)));
    }

    void ask_to_kill() {
        if (selected_ < model_.rows().size() && !model_.rows()[selected_].pid.empty()) {
            const top_row& row = model_.rows()[selected_];
            victim_ = row.pid;
            message_ = "kill " + (row.name.empty() ? "" : row.name + " ") + row.pid + "? y or n";
        }
    }
    void answer(int key) {
        const std::string victim = std::exchange(victim_, {});
        message_.clear();
        if (key == 'y') {
            try {
                model_.kill(victim);
                message_ = victim + " is killed";
            } catch (const inspect::error& why) {
                complain(why);
            }
            refresh();
        }
    }

    void take(int key) {
        if (!victim_.empty() && key != KEY_RESIZE) {
            answer(key);
            return;
        }
        message_.clear();
        const auto bound = std::ranges::find(bindings, key, &binding::key);
        if (bound != std::end(bindings)) {
            bound->act(*this);
        }
    }

    struct binding {
        int key;
        void (*act)(top_screen&);
    };
    static const binding bindings[20];

    inspect::client& connection_;
    top_model model_;
    std::size_t selected_ = 0;
    std::size_t first_ = 0;
    std::string message_;
    /// The process whose kill awaits an answer.
    std::string victim_;
    top_model::clock::time_point next_refresh_{};
    bool leaves_ = false;
};

const top_screen::binding top_screen::bindings[20]{
    {'q', [](top_screen& it) { it.sort_by(top_order::queue); }},
    {'r', [](top_screen& it) { it.sort_by(top_order::reductions); }},
    {'m', [](top_screen& it) { it.sort_by(top_order::memory); }},
    {'a', [](top_screen& it) { it.sort_by(top_order::age); }},
    {'n', [](top_screen& it) { it.sort_by(top_order::name); }},
    {'k', [](top_screen& it) { it.ask_to_kill(); }},
    {'t', [](top_screen& it) { it.show(top_view::tree); }},
    {'e', [](top_screen& it) { it.show(top_view::reports); }},
    {'Q', [](top_screen& it) { it.leaves_ = true; }},
    {escape_key, [](top_screen& it) { it.leaves_ = true; }},
    {end_of_input, [](top_screen& it) { it.leaves_ = true; }},
    {KEY_F(10), [](top_screen& it) { it.leaves_ = true; }},
    {KEY_UP, [](top_screen& it) { it.move_by(-1); }},
    {KEY_DOWN, [](top_screen& it) { it.move_by(1); }},
    {KEY_PPAGE, [](top_screen& it) { it.move_by(-room()); }},
    {KEY_NPAGE, [](top_screen& it) { it.move_by(room()); }},
    {KEY_HOME, [](top_screen& it) { it.move_by(-1'000'000); }},
    {KEY_END, [](top_screen& it) { it.move_by(1'000'000); }},
    {' ', [](top_screen& it) { it.refresh(); }},
    {KEY_RESIZE, [](top_screen& it) { it.refresh(); }},
};

}  // namespace

void show_top(inspect::client& connection, const std::string& program) {
    const terminal whole;
    top_screen{connection, program}.run();
}

}  // namespace coppice::cli
