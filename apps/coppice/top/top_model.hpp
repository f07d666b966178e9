// SPDX-License-Identifier: Apache-2.0
// The content of `coppice top` as lines. Sends requests to the endpoint, and knows no terminal.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "console/json_view.hpp"
#include "coppice/inspect_client.hpp"

namespace coppice::cli {

enum class top_order : std::uint8_t { queue, reductions, memory, age, name };
enum class top_view : std::uint8_t { processes, tree, reports };

struct top_row {
    std::string text;
    std::string pid;   ///< Empty for a row without a process.
    std::string name;  ///< For the question before a kill.
};

class top_model {
  public:
    using clock = std::chrono::steady_clock;

    top_model(inspect::client& connection, std::string program);

    top_order order = top_order::reductions;
    top_view view = top_view::processes;

    /// Requests the data of the current view. Throws `inspect::error`.
    void refresh(clock::time_point now);
    /// Two lines: the figures of the program, and the titles of the columns.
    [[nodiscard]] const std::vector<std::string>& head() const { return head_; }
    [[nodiscard]] const std::vector<top_row>& rows() const { return rows_; }
    void kill(const std::string& pid);

  private:
    struct sample {
        double reductions = 0;
        /// Per second; negative while unknown.
        double rate = -1;
    };

    json ask(std::string_view method, const json& parameters = json::object());
    void show_processes(double elapsed_seconds);
    void show_tree();
    void take_reports();
    std::string summary(const json& statistics, double elapsed_seconds);

    inspect::client& connection_;
    std::string program_;
    std::map<std::string, sample> samples_;  // By pid.
    double messages_ = -1;
    clock::time_point last_{};
    bool has_subscribed_ = false;
    std::vector<std::string> head_;
    std::vector<top_row> rows_;
    std::vector<std::string> reports_;  // Newest first.
};

}  // namespace coppice::cli
