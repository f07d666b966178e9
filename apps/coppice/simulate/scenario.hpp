// SPDX-License-Identifier: Apache-2.0
// A scenario: a tree or a set of processes, and steps that disturb them.
// docs/reference/scenarios.md has the format.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/fwd.hpp"
#include "coppice/restart_backoff.hpp"

namespace coppice::cli {

enum class outcome_kind : std::uint8_t { ok, ignore, error, crash };

/// The outcome of a worker's init.
struct init_outcome {
    outcome_kind kind = outcome_kind::ok;
    /// The reason of an error, or the message of a crash.
    std::string text;
};

enum class shutdown_kind : std::uint8_t { exit, hang, linger, crash, stop };

/// The reaction of a worker to the shutdown by its supervisor.
struct shutdown_action {
    shutdown_kind kind = shutdown_kind::exit;
    std::chrono::milliseconds time{0};
    std::string text;
};

enum class node_kind : std::uint8_t { worker, supervisor, dynamic_supervisor };

struct node {
    std::string id;
    node_kind kind = node_kind::worker;
    // As a child.
    restart_type restart = restart_type::permanent;
    bool significant = false;
    std::optional<shutdown_limit> shutdown;
    std::optional<restart_backoff> backoff;
    std::optional<restart_budget> budget;
    // A worker.
    bool trap_exit = false;
    std::vector<init_outcome> init;
    shutdown_action on_shutdown;
    std::optional<std::chrono::milliseconds> crash_after;
    std::optional<std::chrono::milliseconds> stop_after;
    // A supervisor.
    restart_strategy strategy = restart_strategy::one_for_one;
    int max_restarts = 3;
    std::int64_t max_seconds = 5;
    auto_shutdown_mode auto_shutdown = auto_shutdown_mode::never;
    restart_backoff children_backoff;
    std::optional<std::int64_t> max_children;
    std::vector<node> children;
};

enum class tree_action : std::uint8_t {
    exit,
    crash,
    stop,
    start_child,
    terminate_child,
    restart_child,
    delete_child,
    which_children,
    count_children,
    advance,
};

struct tree_step {
    tree_action action = tree_action::advance;
    std::string name;    ///< As written: "start_child".
    std::string target;  ///< A path.
    std::string text;    ///< A reason, a message or the id of a child.
    std::optional<node> child;
    std::chrono::milliseconds time{0};
};

struct tree_scenario {
    node root;
    std::vector<tree_step> steps;
    std::uint64_t seed = 1;
    std::optional<signal_delays> delays;  ///< By default derived from the seed.
};

enum class process_action : std::uint8_t {
    spawn,
    trap_exit,
    link,
    unlink,
    monitor,
    monitor_name,
    demonitor,
    exit_signal,
    exit,
    raise,
    finish,
    send,
    send_name,
    register_name,
    unregister_name,
    whereis,
};

struct process_step {
    process_action action = process_action::finish;
    /// As written: "return" for `finish`.
    std::string action_name;
    std::string by;
    std::string id;  ///< The id of the spawned process.
    std::string to;
    std::string ref;
    std::string name;
    std::string text;  ///< A reason or a message.
    bool link = false;
    bool monitor = false;
    bool flag = false;  ///< The flag of trap_exit, or the flush of demonitor.
};

struct process_scenario {
    std::vector<process_step> steps;
    std::uint64_t seed = 1;
    std::optional<signal_delays> delays;  ///< By default derived from the seed.
};

using scenario = std::variant<tree_scenario, process_scenario>;

}  // namespace coppice::cli
