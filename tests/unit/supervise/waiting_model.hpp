// SPDX-License-Identifier: Apache-2.0
// A model of a supervisor with delays before restarts: OTP's algorithm, and the table at the head of
// restart_backoff.hpp. A plain list of children, and functions that call each other. The enumeration in
// plan_delay_test.cpp compares the plan with the model.

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "coppice/child_types.hpp"
#include "coppice/exit_reason.hpp"

namespace coppice::supervise {

inline exit_reason delayed_reason_of(bool quiet) {
    return quiet ? exit_reason{reason::normal} : exit_reason{"boom"};
}

/// A supervisor to compare: the strategy, the children, and the start that fails.
struct waiting_case {
    restart_strategy strategy = restart_strategy::one_for_one;
    int max_restarts = 3;
    std::vector<restart_type> types = {};
    std::vector<bool> delays = {};  ///< Whether a child has a back-off.
    int fail_at = -1;  ///< The number of the start that fails, counted over all children.
};

class waiting_model {
  public:
    explicit waiting_model(const waiting_case& given) : given_{given} {
        for (std::size_t i = 0; i < given.types.size(); ++i) {
            children_.push_back({i});
        }
    }

    void start_all() {
        for (const std::size_t name : names()) {
            if (!start(name)) {
                stop_group(0);
                dead = true;
                return;
            }
        }
    }
    void end(std::size_t name, bool quiet) {
        child* ended = find(name);
        if (dead || ended == nullptr || ended->state != 'p') {
            return;
        }
        const restart_type type = given_.types[name];
        const bool restarts =
            type == restart_type::permanent || (type == restart_type::transient && !quiet);
        if (restarts || !quiet) {
            log.push_back("report " + std::to_string(name) + to_string(delayed_reason_of(quiet)));
        }
        ended->state = 'u';
        if (!restarts) {
            settle(name);
        } else if (const auto leader = leader_around(name)) {
            ended->state = 'w';
            ended->leader = *leader;
        } else if (given_.delays[name]) {
            wait(name);
        } else {
            restart(name, true);
        }
        run_retries();
    }
    void delay_is_over(std::size_t name) {
        if (!dead && waits(name) && find(name)->leader == name) {
            restart(name, true);
            run_retries();
        }
    }
    void restart_by_request(std::size_t name) {
        if (!dead && waits(name)) {
            restart(find(name)->leader, false);
            run_retries();
        }
    }
    void terminate(std::size_t name) {
        if (dead || find(name) == nullptr) {
            return;
        }
        if (find(name)->state == 'p') {
            log.push_back("stop " + std::to_string(name));
        }
        settle(name);
    }

    /// "0:alive 1:restarting", in start order.
    std::string children() const {
        std::string out;
        for (const child& each : children_) {
            const char* shown = each.state == 'p'   ? "alive"
                                : each.state == 'u' ? "undefined"
                                                    : "restarting";
            out += std::to_string(each.name) + ":" + shown + " ";
        }
        return out;
    }

    std::vector<std::string> log;
    bool dead = false;

  private:
    struct child {
        std::size_t name;
        char state =
            'u';  // u: undefined, p: has a pid, r: is retried, w: waits for the delay of `leader`
        std::size_t leader = 0;
    };

    std::vector<std::size_t> names() const {
        std::vector<std::size_t> out;
        for (const child& each : children_) {
            out.push_back(each.name);
        }
        return out;
    }
    child* find(std::size_t name) {
        const auto at = std::find_if(children_.begin(), children_.end(),
                                     [&](const child& each) { return each.name == name; });
        return at == children_.end() ? nullptr : &*at;
    }
    bool waits(std::size_t name) { return find(name) != nullptr && find(name)->state == 'w'; }
    bool is_group() const { return given_.strategy != restart_strategy::one_for_one; }
    std::size_t group_begin(std::size_t name) const {
        return given_.strategy == restart_strategy::rest_for_one ? name : 0;
    }
    std::optional<std::size_t> leader_around(std::size_t name) {
        if (is_group()) {
            for (const child& each : children_) {
                if (each.state == 'w' && each.leader == each.name &&
                    name >= group_begin(each.name)) {
                    return each.name;
                }
            }
        }
        return std::nullopt;
    }
    void settle(std::size_t name) {
        if (waits(name) && find(name)->leader == name) {
            for (child& each : children_) {
                each.state = each.state == 'w' && each.leader == name ? 'u' : each.state;
            }
        }
        find(name)->state = 'u';
        if (given_.types[name] == restart_type::temporary) {
            std::erase_if(children_, [&](const child& each) { return each.name == name; });
        }
    }
    bool start(std::size_t name, bool counted = false) {
        log.push_back((counted ? "restart " : "start ") + std::to_string(name));
        if (starts_++ == given_.fail_at) {
            return false;
        }
        find(name)->state = 'p';
        return true;
    }
    void stop_group(std::size_t from) {
        std::vector<std::size_t> group = names();
        std::reverse(group.begin(), group.end());
        for (const std::size_t name : group) {
            if (name >= from) {
                if (find(name)->state == 'p') {
                    log.push_back("stop " + std::to_string(name));
                }
                settle(name);
            }
        }
    }
    void wait(std::size_t name) {
        if (is_group()) {
            stop_group(group_begin(name));
        }
        for (child& each : children_) {
            if (each.name == name || (is_group() && each.name >= group_begin(name))) {
                each.state = 'w';
                each.leader = name;
            }
        }
        log.push_back("wait " + std::to_string(name));
    }
    void restart(std::size_t name, bool counted) {
        if (counted && ++restarts_ > given_.max_restarts) {
            log.push_back("limit " + std::to_string(name));
            dead = true;
            stop_group(0);
            return;
        }
        settle(name);
        if (!is_group()) {
            if (!start(name, counted)) {
                start_failed(name);
            }
            return;
        }
        stop_group(group_begin(name));
        for (const std::size_t each : names()) {
            if (each >= group_begin(name) && !start(each, counted && each == name)) {
                start_failed(each);
                return;
            }
        }
    }
    void start_failed(std::size_t name) {
        find(name)->state = 'u';
        if (given_.delays[name]) {
            wait(name);
        } else {
            find(name)->state = 'r';
            retry_ = name;
        }
    }
    void run_retries() {
        while (retry_ && !dead) {
            const std::size_t name = *retry_;
            retry_.reset();
            restart(name, true);
        }
    }

    waiting_case given_;
    std::vector<child> children_;
    std::optional<std::size_t> retry_;
    int starts_ = 0;
    int restarts_ = 0;
};

}  // namespace coppice::supervise
