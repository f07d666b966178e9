// SPDX-License-Identifier: Apache-2.0

#include "console/editor.hpp"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <filesystem>
#include <system_error>
#include <utility>

#include "console/words.hpp"
#include "coppice/printable.hpp"

namespace coppice::cli {
namespace {

constexpr int history_lines_max = 1000;
constexpr int rest_milliseconds = 100;
constexpr std::size_t proposals_max = 60;

volatile std::sig_atomic_t interrupts = 0;
void on_interrupt(int /*signal*/) {
    interrupts = 1;
}

/// libedit reads characters of the locale. Without a multibyte locale, UTF-8 is chosen.
void use_characters() {
    std::setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) {
        std::setlocale(LC_CTYPE, "C.UTF-8");
    }
}

std::string common_beginning(const std::vector<std::string>& all) {
    std::string common = all.front();
    for (const std::string& each : all) {
        const auto [mine, other] = std::ranges::mismatch(common, each);
        common.erase(mine, common.end());
    }
    return common;
}

}  // namespace

struct line_editor::state {
    std::string prompt;
    std::string file;
    callbacks calls;
    EditLine* edit = nullptr;
    History* history = nullptr;
    HistEvent event{};
    struct ::sigaction before{};

    static state& of(EditLine* edit) {
        void* found = nullptr;
        el_get(edit, EL_CLIENTDATA, &found);
        return *static_cast<state*>(found);
    }
    static char* prompt_of(EditLine* edit) { return of(edit).prompt.data(); }
    static int next_character(EditLine* edit, wchar_t* into);
    static unsigned char complete(EditLine* edit, int key);

    bool rest() {
        return calls.rest([] {
            std::fputs("\r\x1b[J", stdout);
            std::fflush(stdout);
        });
    }
};

/// Waits for a key, and meanwhile lets notifications be printed above the line.
int line_editor::state::next_character(EditLine* edit, wchar_t* into) {
    state& mine = of(edit);
    std::mbstate_t partial{};
    while (true) {
        if (interrupts != 0) {
            return 0;
        }
        ::pollfd keys{STDIN_FILENO, POLLIN, 0};
        const int ready = ::poll(&keys, 1, rest_milliseconds);
        if (ready == 0 && mine.rest()) {
            el_set(edit, EL_REFRESH);
        }
        if (ready == 0 && mine.calls.is_over()) {
            return 0;
        }
        if (ready <= 0) {
            continue;
        }
        char byte = 0;
        const ::ssize_t got = ::read(STDIN_FILENO, &byte, 1);
        if (got == 0) {
            return 0;
        }
        if (got < 0) {
            if (errno != EINTR && errno != EAGAIN) {
                return -1;
            }
            continue;
        }
        const std::size_t length = std::mbrtowc(into, &byte, 1, &partial);
        if (length <= 1) {
            return 1;
        }
        if (length == static_cast<std::size_t>(-1)) {
            // An invalid byte is skipped.
            partial = {};
        }
    }
}

unsigned char line_editor::state::complete(EditLine* edit, int /*key*/) {
    state& mine = of(edit);
    const LineInfo* const line = el_line(edit);
    const std::string before{line->buffer, line->cursor};
    const std::vector<std::string> fitting = mine.calls.complete(before);
    if (fitting.empty()) {
        return CC_REFRESH_BEEP;
    }
    const auto parts = split_words(before);
    const std::string begun =
        parts && !parts->empty() && !before.ends_with(' ') ? parts->back() : std::string{};
    const std::string common = common_beginning(fitting);
    if (fitting.size() == 1 || common.size() > begun.size()) {
        const std::string whole =
            fitting.size() == 1 ? as_word(common) + " " : printable(common.substr(begun.size()));
        if (fitting.size() == 1) {
            el_deletestr(edit, static_cast<int>(begun.size()));
        }
        el_insertstr(edit, whole.c_str());
        return CC_REFRESH;
    }
    std::string shown = "\n";
    for (std::size_t i = 0; i < std::min(fitting.size(), proposals_max); ++i) {
        shown += printable(fitting[i]) + "  ";
    }
    shown += fitting.size() > proposals_max ? "…\n" : "\n";
    std::fputs(shown.c_str(), stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
}

line_editor::line_editor(std::string prompt, const std::string& history_file, callbacks given)
    : state_{std::make_unique<state>()} {
    use_characters();
    state& mine = *state_;
    mine.prompt = std::move(prompt);
    mine.file = history_file;
    mine.calls = std::move(given);
    struct ::sigaction interrupt{};
    // Without SA_RESTART, so that the signal wakes the wait for a key.
    interrupt.sa_handler = &on_interrupt;
    ::sigaction(SIGINT, &interrupt, &mine.before);
    mine.edit = el_init("coppice", stdin, stdout, stderr);
    el_set(mine.edit, EL_CLIENTDATA, &mine);
    el_set(mine.edit, EL_PROMPT, &state::prompt_of);
    el_set(mine.edit, EL_EDITOR, "emacs");
    el_set(mine.edit, EL_GETCFN, &state::next_character);
    // `el_set` would copy these texts and leak the copies.
    el_wset(mine.edit, EL_ADDFN, L"coppice-complete", L"completes a word", &state::complete);
    el_set(mine.edit, EL_BIND, "^I", "coppice-complete", nullptr);
    el_set(mine.edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    mine.history = history_init();
    history(mine.history, &mine.event, H_SETSIZE, history_lines_max);
    history(mine.history, &mine.event, H_SETUNIQUE, 1);
    if (!mine.file.empty()) {
        history(mine.history, &mine.event, H_LOAD, mine.file.c_str());
    }
    el_set(mine.edit, EL_HIST, &history, mine.history);
}

line_editor::~line_editor() {
    state& mine = *state_;
    if (!mine.file.empty()) {
        history(mine.history, &mine.event, H_SAVE, mine.file.c_str());
    }
    history_end(mine.history);
    el_end(mine.edit);
    ::sigaction(SIGINT, &mine.before, nullptr);
}

line_editor::end line_editor::read(std::string& into) {
    state& mine = *state_;
    interrupts = 0;
    int count = 0;
    const char* const line = el_gets(mine.edit, &count);
    if (std::exchange(interrupts, 0) != 0) {
        el_reset(mine.edit);
        std::fputs("^C\n", stdout);
        return end::interrupted;
    }
    if (line == nullptr || count <= 0) {
        std::fputs("\n", stdout);
        return end::input;
    }
    into.assign(line, static_cast<std::size_t>(count));
    into.erase(into.find_last_not_of("\r\n") + 1);
    if (into.find_first_not_of(" \t") != std::string::npos) {
        history(mine.history, &mine.event, H_ENTER, into.c_str());
    }
    return end::line;
}

bool line_editor::was_interrupted() {
    return interrupts != 0;
}

std::string history_path() {
    // NOLINTBEGIN(concurrency-mt-unsafe): nothing here sets variables
    const char* const state = std::getenv("XDG_STATE_HOME");
    const char* const home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    std::filesystem::path folder;
    if (state != nullptr && *state == '/') {
        folder = state;
    } else if (home != nullptr && *home == '/') {
        folder = std::filesystem::path{home} / ".local/state";
    } else {
        return {};
    }
    folder /= "coppice";
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    return failed ? std::string{} : (folder / "history").string();
}

}  // namespace coppice::cli
