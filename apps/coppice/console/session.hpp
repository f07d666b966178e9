// SPDX-License-Identifier: Apache-2.0
// A talk with one program: lines of commands in, text out.

#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/json_view.hpp"
#include "coppice/inspect_client.hpp"

namespace coppice::cli {

struct session_options {
    bool colours = false;
    bool json = false;  ///< Print what the endpoint answers as it is, a line each.
};

class session {
  public:
    enum class outcome : std::uint8_t { done, failed, misused, lost, quit };

    /// The streams outlive it.
    session(inspect::client connected, session_options options, std::ostream& out,
            std::ostream& err);

    /// Carries out one line. Never throws for what a user or the endpoint says.
    outcome run(std::string_view line);

    /// Prints the notifications that have come, and waits for the first no longer than that. True if
    /// there were some.
    bool print_notifications(
        std::chrono::milliseconds wait, const std::function<void()>& before_the_first = [] {});
    [[nodiscard]] bool has_subscriptions() const { return !subscriptions_.empty(); }

    /// What can stand at the end of the line, each as a whole word.
    std::vector<std::string> complete(std::string_view line);

    [[nodiscard]] bool is_open() const { return client_.is_open(); }
    [[nodiscard]] const std::string& program() const { return program_; }
    /// Of the endpoint; throws `inspect::error`.
    json ask(std::string_view method, const json& parameters = json::object());
    inspect::client& connection() { return client_; }
    /// Where `top` shows itself, if there is a terminal.
    std::function<void()> full_screen;
    /// Whether the user wants what runs now to end.
    std::function<bool()> interrupted = [] { return false; };

    // Used by the commands.
    void print(const std::string& text);
    /// As JSON or as the printer has it, whichever is wanted.
    void show(const json& value, std::string (*as_text)(const json&, bool colours));
    [[nodiscard]] const session_options& options() const { return options_; }
    void subscribe(const std::string& topic, const json& parameters);
    void unsubscribe(const std::string& topic);
    /// Waits until what there is to tell has come. An endpoint that is busy is not waited for.
    void flush();

  private:
    struct subscription {
        std::string topic;
        std::int64_t number;
    };

    void forget_ended(const json& notification);
    outcome complain(const std::string& problem, outcome how);

    inspect::client client_;
    session_options options_;
    std::ostream& out_;
    std::ostream& err_;
    std::string program_;
    std::vector<subscription> subscriptions_;
};

}  // namespace coppice::cli
