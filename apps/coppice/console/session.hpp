// SPDX-License-Identifier: Apache-2.0
// A conversation with one program: lines of commands in, text out.

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
    /// Print each answer of the endpoint as JSON, one per line.
    bool json = false;
};

class session {
  public:
    enum class outcome : std::uint8_t { done, failed, misused, lost, quit };

    /// Both streams have to outlive the session.
    session(inspect::client connected, session_options options, std::ostream& out,
            std::ostream& err);

    /// Runs one line. Errors of the user and the endpoint are printed, never thrown.
    outcome run(std::string_view line);

    /// Prints the queued notifications, and waits at most `wait` for the first. True if any were printed.
    bool print_notifications(
        std::chrono::milliseconds wait, const std::function<void()>& before_the_first = [] {});
    [[nodiscard]] bool has_subscriptions() const { return !subscriptions_.empty(); }

    /// Candidates for the end of the line, each as a whole word.
    std::vector<std::string> complete(std::string_view line);

    [[nodiscard]] bool is_open() const { return client_.is_open(); }
    [[nodiscard]] const std::string& program() const { return program_; }
    /// Sends a request to the endpoint; throws `inspect::error`.
    json ask(std::string_view method, const json& parameters = json::object());
    inspect::client& connection() { return client_; }
    /// Runs `top` on the whole terminal. Empty without a terminal.
    std::function<void()> full_screen;
    /// Whether the user wants to end the running command.
    std::function<bool()> interrupted = [] { return false; };

    // Used by the commands.
    void print(const std::string& text);
    /// Prints the value as JSON or through `as_text`, as chosen by the options.
    void show(const json& value, std::string (*as_text)(const json&, bool colours));
    [[nodiscard]] const session_options& options() const { return options_; }
    void subscribe(const std::string& topic, const json& parameters);
    void unsubscribe(const std::string& topic);
    /// Waits until all present notifications have arrived. Gives up on a busy endpoint.
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
