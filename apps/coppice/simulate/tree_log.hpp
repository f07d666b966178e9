// SPDX-License-Identifier: Apache-2.0
// Records the actions of a tree's processes during a run, and maps paths to processes.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {

struct started_process {
    std::string path;
    int n = 0;  ///< The number of the start at this path.
    node_kind kind = node_kind::worker;
};

class tree_log {
  public:
    /// Starts the log. The log has to outlive the world, whose processes refer to the log.
    void watch(testing::sim_world& world) {
        world_ = &world;
        world.on_end([this](const pid& who, const exit_reason& why) { on_end(who, why); });
    }

    /// Records an init at `path` and returns the number of that start.
    int started(const std::string& path, const std::string& outcome);
    /// Records a process whose start succeeds; its end will be an event.
    void lives(const pid& who, started_process what);
    void terminates(const std::string& path, int n, const exit_reason& why);
    /// The process stops slowly: the tree is not at rest until the process has ended.
    void takes_its_time(const pid& who) { busy_.insert_or_assign(who, true); }

    /// The number of the next start at the path.
    int next_start(const std::string& path) { return starts_[path] + 1; }

    bool at_rest() const noexcept { return busy_.empty(); }
    pid newest(const std::string& path) const;
    const started_process* known(const pid& who) const;

    /// The limit is exceeded, and the record is incomplete.
    bool is_too_large() const noexcept { return bytes_ > scenario_events_max; }

    void show_times(bool on) noexcept { shows_times_ = on; }
    nlohmann::json take_events();

  private:
    void on_end(const pid& who, const exit_reason& why);
    void add(nlohmann::json event);

    testing::sim_world* world_ = nullptr;
    std::map<std::string, int> starts_;
    std::map<std::string, pid> newest_;
    std::unordered_map<pid, started_process> known_;
    std::unordered_map<pid, bool> busy_;
    nlohmann::json events_ = nlohmann::json::array();
    std::size_t bytes_ = 0;        ///< An estimate of the memory of the record.
    std::size_t event_bytes_ = 0;  ///< The share of the events.
    bool shows_times_ = false;
};

/// Gives processes of the simulated world access to the log; both live on one thread.
struct log_access {
    tree_log* log = nullptr;
};

/// The part of the scenario that describes the process. The scenario outlives the world.
struct node_access {
    const node* what = nullptr;
};

/// The specification of the child at `path`.
[[nodiscard]] child_spec spec_of(const log_access& log, const node& child, const std::string& path);
/// Starts the root, linked to the calling process.
[[nodiscard]] supervisor::start_awaiter start_root(const log_access& log, const node& root);

/// Messages to a worker.
struct crash_order {
    std::string message;
};
struct stop_order {
    exit_reason why;
};

}  // namespace coppice::cli

template <>
struct coppice::message_trait<coppice::cli::log_access> {
    static constexpr bool is_message = true;
};
template <>
struct coppice::message_trait<coppice::cli::node_access> {
    static constexpr bool is_message = true;
};
