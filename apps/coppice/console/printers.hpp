// SPDX-License-Identifier: Apache-2.0
// Answers of the endpoint, as text for people. Pure.

#pragma once

#include <string>

#include "console/json_view.hpp"

namespace coppice::cli {

using printer = std::string (*)(const json& result, bool colours);

std::string print_tree(const json& result, bool colours);
std::string print_processes(const json& result, bool colours);
std::string print_info(const json& result, bool colours);
std::string print_pid(const json& result, bool colours);
std::string print_registered(const json& result, bool colours);
std::string print_children(const json& result, bool colours);
std::string print_counts(const json& result, bool colours);
std::string print_ok(const json& result, bool colours);
std::string print_true(const json& result, bool colours);
std::string print_state(const json& result, bool colours);
std::string print_reply(const json& result, bool colours);
std::string print_was(const json& result, bool colours);
std::string print_messages(const json& result, bool colours);
std::string print_events(const json& result, bool colours);
std::string print_explanation(const json& result, bool colours);
std::string print_timers(const json& result, bool colours);
std::string print_stuck(const json& result, bool colours);
std::string print_statistics(const json& result, bool colours);
std::string print_applications(const json& result, bool colours);

/// The lines of a notification: a report, a trace event or another topic.
std::string print_notification(const json& notification, bool colours);

/// The lines of a tree with their branches, for the console and the screen of `top`.
struct tree_line {
    std::string branches;
    std::string text;
    const json* node;
};
std::vector<tree_line> lines_of_tree(const json& roots);

/// The pid of a child; without a process "terminated", "restarting", or "restarting in 12 s".
std::string place_of(const json& child);

}  // namespace coppice::cli
