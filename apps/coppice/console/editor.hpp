// SPDX-License-Identifier: Apache-2.0
// Lines typed on a terminal, with libedit: editing, a history that is kept, and completion.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coppice::cli {

class line_editor {
  public:
    struct callbacks {
        /// Whole words that fit the end of the line before the cursor.
        std::function<std::vector<std::string>(std::string_view before)> complete;
        /// Called several times a second while the user types or rests. True if it has printed, on
        /// lines of its own; `clear` is called before the first print.
        std::function<bool(const std::function<void()>& clear)> rest;
        /// Asked as often: true ends the input.
        std::function<bool()> is_over;
    };

    /// One at a time in a program: SIGINT is its business for as long as it lives.
    line_editor(std::string prompt, const std::string& history_file, callbacks given);
    line_editor(const line_editor&) = delete;
    line_editor& operator=(const line_editor&) = delete;
    /// Writes the history.
    ~line_editor();

    enum class end : std::uint8_t { line, interrupted, input };
    /// A line without its end; or Ctrl-C; or Ctrl-D, the terminal's end, or `is_over`.
    end read(std::string& into);

    /// Whether there was a Ctrl-C since `read` returned.
    static bool was_interrupted();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// COPPICE's file below $XDG_STATE_HOME, else ~/.local/state; its folder is made. Empty if there is no
/// home.
[[nodiscard]] std::string history_path();

}  // namespace coppice::cli
