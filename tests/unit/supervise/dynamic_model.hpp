// SPDX-License-Identifier: Apache-2.0
// A model of a dynamic supervisor, written straight from Elixir's DynamicSupervisor: a map from pids to
// children. The enumeration in dynamic_plan_test.cpp compares the plan with the model.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/exit_reason.hpp"

namespace coppice::supervise::elixir {

inline constexpr int no_process = -1;
inline constexpr std::size_t max_children = 4;

/// The outcome of a start. `twin`: the process of another child, which only a start function of the user can
/// cause.
enum class outcome { ok, fails, ignored, twin };

inline exit_reason reason_of(bool quiet) {
    return quiet ? exit_reason{reason::normal} : exit_reason{"boom"};
}

inline std::string numbered(const char* what, int name) {
    return what + std::to_string(name) + " ";
}

struct model_child {
    int name;
    restart_type restart;
    child_type type;
    bool restarting = false;
};

/// The knowledge of either side after an event.
struct view {
    std::string log;
    std::map<int, std::string> children = {};  ///< By pid.
    std::string counts = {};
    bool has_started = false;  ///< Whether the event has led to a start.

    bool operator==(const view&) const = default;
};

inline std::string shown(const child_counts& c) {
    return std::to_string(c.specs) + " " + std::to_string(c.active) + " " +
           std::to_string(c.supervisors) + " " + std::to_string(c.workers);
}

inline std::string shown(int name, child_status status) {
    return std::to_string(name) + ":" + std::string{to_string(status)};
}

/// Elixir's algorithm.
class model {
  public:
    /// With delays each restart, and each retry, comes after a delay: an extension of Elixir's algorithm.
    explicit model(int max_restarts, bool delays = false)
        : max_restarts_{max_restarts}, delays_{delays} {}

    void begin_event(outcome next) {
        next_outcome_ = next;
        out_.log.clear();
        out_.has_started = false;
    }

    void add(int name, restart_type restart, child_type type) {
        if (children_.size() >= max_children) {
            out_.log += "full ";
            return;
        }
        const int started = start({name, restart, type}, no_process);
        if (started != no_process) {
            children_.insert_or_assign(started, model_child{name, restart, type});
        }
    }
    void end(int process, bool quiet) {
        const model_child ended = children_.at(process);
        if (ended.restarting) {
            return;
        }
        const std::string report =
            numbered("report", ended.name) + to_string(reason_of(quiet)) + " ";
        if (ended.restart == restart_type::permanent) {
            out_.log += report;
            restart_or_wait(process);
        } else if (quiet) {
            children_.erase(process);
        } else if (ended.restart == restart_type::transient) {
            out_.log += report;
            restart_or_wait(process);
        } else {
            out_.log += report;
            children_.erase(process);
        }
    }
    void terminate(int process) {
        if (!children_.at(process).restarting) {
            out_.log += numbered("stop", children_.at(process).name);
        }
        children_.erase(process);
    }
    void retry() {
        const int process = retries_.front();
        retries_.erase(retries_.begin());
        const auto found = children_.find(process);
        if (found != children_.end() && found->second.restarting) {
            restart(process);
        }
    }
    std::vector<int> stop_all() const {
        std::vector<int> out;
        for (const auto& [process, each] : children_) {
            if (!each.restarting) {
                out.push_back(process);
            }
        }
        return out;
    }

    view seen() const {
        view out = out_;
        child_counts counts;
        for (const auto& [process, each] : children_) {
            ++counts.specs;
            counts.active += each.restarting ? 0U : 1U;
            ++(each.type == child_type::supervisor ? counts.supervisors : counts.workers);
            const auto status = each.restarting ? child_status::restarting : child_status::running;
            out.children[process] = shown(each.name, status);
        }
        out.counts = shown(counts);
        return out;
    }
    std::vector<int> processes() const {
        std::vector<int> out;
        for (const auto& [process, each] : children_) {
            out.push_back(process);
        }
        return out;
    }
    bool has_retries() const { return !retries_.empty(); }
    bool is_dead() const { return is_dead_; }

  private:
    void restart_or_wait(int process) {
        if (delays_) {
            wait(process);
        } else {
            restart(process);
        }
    }
    void wait(int process) {
        if (delays_) {
            out_.log += numbered("wait", children_.at(process).name);
        }
        children_.at(process).restarting = true;
        retries_.push_back(process);
    }
    void restart(int process) {
        model_child& again = children_.at(process);
        if (++restarts_ > max_restarts_) {
            out_.log += numbered("limit", again.name) + "shutdown ";
            children_.erase(process);
            is_dead_ = true;
            return;
        }
        const model_child child{again.name, again.restart, again.type};
        const int started = start(child, process);
        if (started != no_process) {
            children_.erase(process);
            children_.insert_or_assign(started, child);
        } else if (next_outcome_ == outcome::ignored) {
            children_.erase(process);
        } else {
            wait(process);
        }
    }
    int start(const model_child& child, int before) {
        out_.log += numbered(before == no_process ? "start" : "restart", child.name);
        out_.has_started = true;
        const int fresh = next_process_++;
        switch (next_outcome_) {
            case outcome::ok:
                return fresh;
            case outcome::twin:
                for (const auto& [process, each] : children_) {
                    if (process != before) {
                        return process;
                    }
                }
                return fresh;
            case outcome::fails:
            case outcome::ignored:
                break;
        }
        return no_process;
    }

    int max_restarts_;
    bool delays_;
    outcome next_outcome_ = outcome::ok;
    std::map<int, model_child> children_;
    std::vector<int> retries_;
    view out_;
    int restarts_ = 0;
    int next_process_ = 0;
    bool is_dead_ = false;
};

}  // namespace coppice::supervise::elixir
