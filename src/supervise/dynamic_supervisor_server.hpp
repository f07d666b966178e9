// SPDX-License-Identifier: Apache-2.0
// The process behind a dynamic supervisor: a gen_server that carries out the decisions of the plan.
//
// Invariants
//   1. `children_[k]` is the child k of `plan_`. When the plan forgets a child, the last child takes the free
//      place in both.
//   2. `by_pid_` finds each child by pid. For a child that waits for a restart, the pid is the last one. A
//      child in its first start has no pid yet.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/report.hpp"
#include "coppice/sys.hpp"
#include "supervise/child_policy.hpp"
#include "supervise/describe_request.hpp"
#include "supervise/dynamic_plan.hpp"
#include "supervise/explain_request.hpp"
#include "supervise/key_index.hpp"
#include "supervise/stop_child.hpp"

namespace coppice::supervise {

struct dynamic_start_request {
    explicit dynamic_start_request(child_spec given) : spec{std::move(given)} {}
    child_spec spec;
};
struct dynamic_terminate_request {
    pid child;
};

class dynamic_supervisor_server {
  public:
    /// The delay before the restart of the child is over. Keys change, so the message has the last pid.
    struct wait_over {
        pid child;
        std::uint64_t number;
    };

    using info_messages = messages<exit_message, wait_over, any_message>;
    static constexpr detail::body_kind kind_of_body{"dynamic_supervisor", true};

    struct try_again {
        pid child;
    };

    dynamic_supervisor_server(const dynamic_supervisor_flags& flags, extra_arguments extra);

    task<child_result> handle_call(dynamic_start_request asked);
    task<void_result> handle_call(dynamic_terminate_request asked);
    std::vector<child_info> handle_call(detail::which_children_request asked);
    child_counts handle_call(detail::count_children_request asked);
    supervisor_description handle_call(describe_request asked);
    explanation handle_call(const explain_request& asked) const;
    task<> handle_cast(try_again again);
    task<> handle_info(exit_message ended);
    task<> handle_info(wait_over over);
    void handle_info(any_message unexpected);
    task<> terminate(exit_reason why);

    std::string initial_call() const { return std::string{kind_of_body.behaviour}; }
    sys::supervisor_status state() const;
    /// For reports, and therefore without the list of children.
    std::string format_status() const;
    void describe_status(sys::status& out) const { out.supervisor = state(); }

  private:
    using child_key = supervise::child_key;
    struct child {
        child_spec spec;
        pid process;  ///< The process of the last start, also while the child waits for a restart.
        child_history history;
        /// Null for a child without a back-off and without a budget.
        std::unique_ptr<child_policy> policy;
    };

    child_key find(const pid& process) const;
    child_info info_of(child_key key) const;
    /// The process of the child if it runs, otherwise empty.
    pid running_process(child_key key) const;
    planned_action planned(const supervise::action& next) const;
    /// Adds a child that is being started, as the last. Changes nothing when it throws. Reserves the memory that
    /// later changes of the tables need.
    child_key add(const child_spec& spec);
    void forget(child_key key);
    /// Carries out the actions of the plan until the plan has none left.
    task<> carry_out();
    task<> carrying_out();
    task<> stopping_all();
    void forget_settled();
    // To be called with the outcome of each start and stop.
    void first_start_is_over(child_key key, const detail::start_outcome& outcome);
    void restart_is_over(child_key key, const detail::start_outcome& outcome);
    void stop_is_over(child_key key, const supervise::child_end& ended);
    void now_running(child_key key, const pid& process);
    void retry_later(child_key key) const;
    // Back-off and budgets.
    restart_terms terms_of(child_key key, const exit_reason& why);
    budget_answer account(child_key key);
    std::chrono::nanoseconds delay_after_failed_start(child_key key);
    void begin_wait(const supervise::action& next);
    std::optional<std::chrono::nanoseconds> wait_left(child_key key) const;
    void report(supervisor_context context, child_key key, const exit_reason& why) const;
    void report_limit(child_key key) const;

    supervise::dynamic_plan plan_;
    const extra_arguments extra_;
    /// A deque, so that growing does not move the other children.
    std::deque<child> children_;
    supervise::key_index by_pid_;
    std::int64_t restarts_ = 0;  ///< Restarts carried out since the supervisor's start.
    restart_backoff backoff_;    ///< For children whose specs have none of their own.
    jitter_source chance_;
    std::uint64_t waits_ = 0;  ///< The delays so far; numbers them.
};

}  // namespace coppice::supervise
