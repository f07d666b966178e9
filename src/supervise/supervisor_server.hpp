// SPDX-License-Identifier: Apache-2.0
// The process behind a supervisor: a gen_server that carries out the decisions of the plan.
//
// Invariants
//   1. `children_[k]` has a value exactly if `plan_` contains k. `by_id_` has each such k once.
//   2. `by_pid_` has a child exactly while the plan says that the child is running. If several children have
//      the same process, which only a start function of the user can cause, `by_pid_` has the last one.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coppice/report.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/sys.hpp"
#include "supervise/child_policy.hpp"
#include "supervise/describe_request.hpp"
#include "supervise/explain_request.hpp"
#include "supervise/key_index.hpp"
#include "supervise/plan.hpp"
#include "supervise/start_child.hpp"
#include "supervise/stop_child.hpp"

namespace coppice::detail {

class supervisor_server {
  public:
    /// The delay before the restart of the child is over.
    struct wait_over {
        supervise::child_key child;
        std::uint64_t number;
    };

    using info_messages = messages<exit_message, wait_over, any_message>;
    static constexpr body_kind kind_of_body{"supervisor", true};

    /// Valid only while the child still waits for a restart after the life `last`.
    struct try_again {
        supervise::child_key child;
        pid last;
    };

    supervisor_server(std::unique_ptr<const init_recipe> recipe, std::string name);

    task<> init();
    task<child_result> handle_call(start_child_request asked);
    task<void_result> handle_call(terminate_child_request asked);
    task<child_result> handle_call(restart_child_request asked);
    void_result handle_call(delete_child_request asked);
    std::vector<child_info> handle_call(which_children_request asked) const;
    child_counts handle_call(count_children_request asked);
    std::expected<child_spec, exit_reason> handle_call(get_childspec_request asked);
    supervise::supervisor_description handle_call(supervise::describe_request asked);
    explanation handle_call(const supervise::explain_request& asked) const;
    task<> handle_cast(try_again again);
    task<> handle_info(exit_message ended);
    task<> handle_info(wait_over over);
    void handle_info(any_message unexpected);
    task<> terminate(exit_reason why);

    std::string initial_call() const;
    sys::supervisor_status state() const;
    /// For reports, and therefore without the list of children.
    std::string format_status() const;
    void describe_status(sys::status& out) const { out.supervisor = state(); }

  private:
    struct child {
        child_spec spec;
        pid process;  ///< The process of the last start, also while the child waits for a restart.
        supervise::child_history history;
        /// Null for a child without a back-off and without a budget.
        std::unique_ptr<supervise::child_policy> policy;
    };
    using child_key = supervise::child_key;

    child_key find(const std::string& id) const;
    child_key find(const pid& process) const;
    void add_all(std::vector<child_spec> specs);
    /// Changes nothing when it throws. Reserves the memory that later changes of these tables need.
    child_key add(child_spec spec);
    void forget(child_key key);
    child_info info_of(child_key key) const;
    /// Why the child may not be restarted or deleted now.
    std::optional<exit_reason> not_stopped(child_key key) const;
    /// Carries out the actions of the plan until the plan has none left.
    task<> carry_out();
    supervise::child_start start_of(child_key key) const noexcept;
    supervise::child_stop stop_of(child_key key) const;
    // To be called with the outcome of each start and stop.
    void start_is_over(const supervise::action& begun, const start_outcome& outcome);
    void stop_is_over(child_key key, const supervise::child_end& ended);
    void now_running(child_key key, const pid& process);
    void no_longer_running(const pid& process);
    task<> start_all_or_undo();
    task<> carrying_out();
    void forget_settled();
    void retry_later(child_key key) const;
    // Back-off and budgets.
    supervise::restart_terms terms_of(child_key key, const exit_reason& why);
    supervise::budget_answer account(child_key key);
    std::chrono::nanoseconds delay_after_failed_start(child_key key);
    void begin_wait(const supervise::action& next);
    std::optional<std::chrono::nanoseconds> wait_left(child_key key) const;
    task<child_result> start_waiting(child_key key);
    planned_action planned(const supervise::action& next) const;
    void report(supervisor_context context, child_key key, const exit_reason& why) const;
    void report_limit(child_key key) const;

    std::unique_ptr<const init_recipe> recipe_;
    std::string name_;
    restart_strategy strategy_ = restart_strategy::one_for_one;
    std::int64_t restarts_ = 0;  ///< Restarts carried out since the supervisor's start.
    auto_shutdown_mode auto_shutdown_ = auto_shutdown_mode::never;
    std::optional<supervise::plan> plan_;
    std::vector<std::optional<child>> children_;
    supervise::key_index by_id_;
    supervise::key_index by_pid_;
    restart_backoff backoff_;  ///< For children whose specs have none of their own.
    supervise::jitter_source chance_{0};
    std::uint64_t waits_ = 0;                  ///< The delays so far; numbers them.
    std::int64_t manual_restarts_ = 0;         ///< By `restart_child`.
    std::optional<exit_reason> failed_start_;  ///< Of the latest restart that failed.
};

}  // namespace coppice::detail
