// SPDX-License-Identifier: Apache-2.0
// Input lines on a terminal, with libedit: editing, a saved history, and completion.

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
        /// Called several times a second while the editor waits for a key. True if the callback printed
        /// lines; `clear` must be called before the first print.
        std::function<bool(const std::function<void()>& clear)> rest;
        /// Polled at the same rate: true ends the input.
        std::function<bool()> is_over;
    };

    /// At most one editor at a time in a program: the editor owns the handler of SIGINT during its lifetime.
    line_editor(std::string prompt, const std::string& history_file, callbacks given);
    line_editor(const line_editor&) = delete;
    line_editor& operator=(const line_editor&) = delete;
    /// Writes the history.
    ~line_editor();

    enum class end : std::uint8_t { line, interrupted, input };
    /// A line without its line ending; or Ctrl-C; or the end of input: Ctrl-D, the end
    /// of the terminal, or `is_over`.
    end read(std::string& into);

    /// Whether Ctrl-C was pressed since `read` returned.
    static bool was_interrupted();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// coppice/history below $XDG_STATE_HOME, else below ~/.local/state; makes the folder. Empty without a home.
[[nodiscard]] std::string history_path();

}  // namespace coppice::cli
