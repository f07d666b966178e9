// SPDX-License-Identifier: Apache-2.0
// The process behind a dynamic supervisor.
//
// Invariants
//   1. `by_pid_` finds each child by pid. For a child that waits for a restart, the pid is the last one.
//   2. `counts_` equals the result of counting the children.
//   3. `children_` has no vacant slots: when a child leaves, the last child moves to the free slot.

#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "coppice/dynamic_supervisor.hpp"
#include "coppice/sys.hpp"
#include "supervise/describe_request.hpp"
#include "supervise/explain_request.hpp"
#include "supervise/key_index.hpp"
#include "supervise/restart_window.hpp"

namespace coppice::detail {

struct dynamic_start_request {
    explicit dynamic_start_request(child_spec given) : spec{std::move(given)} {}
    child_spec spec;
};
struct dynamic_terminate_request {
    pid child;
};

class dynamic_supervisor_server {
  public:
    using info_messages = messages<exit_message, any_message>;
    static constexpr const char* initial_call_name = "dynamic_supervisor";

    struct try_again {
        pid child;
    };

    dynamic_supervisor_server(const dynamic_supervisor_flags& flags, extra_arguments extra);

    task<child_result> handle_call(dynamic_start_request asked);
    task<void_result> handle_call(dynamic_terminate_request asked);
    std::vector<child_info> handle_call(which_children_request asked);
    child_counts handle_call(count_children_request asked);
    supervisor_description handle_call(describe_request asked);
    explanation handle_call(const explain_request& asked) const;
    task<> handle_cast(try_again again);
    task<> handle_info(exit_message ended);
    void handle_info(any_message unexpected);
    task<> terminate(exit_reason why);

    std::string initial_call() const { return initial_call_name; }
    sys::supervisor_status state() const;
    /// For reports, and therefore without the list of children.
    std::string format_status() const;
    void describe_status(sys::status& out) const { out.supervisor = state(); }

  private:
    using child_key = supervise::child_key;
    struct child {
        child_spec spec;
        pid process;
        bool restarting = false;
        child_history history;

        child_status status() const noexcept {
            return restarting ? child_status::restarting : child_status::running;
        }
        pid running_process() const noexcept { return restarting ? pid{} : process; }
    };

    child_key find(const pid& process) const;
    static child_info info_of(const child& each) {
        return {each.spec.id(), each.status(), each.running_process(), each.spec.type()};
    }
    child take_out(child_key key);
    void update(child_key key, const pid& process);
    void settle(const pid& process);
    void replace(child_key key, child_spec spec);
    task<> restart(child_key key);
    task<> restarting(child_key key);
    task<> deal_with_end(exit_message ended);
    task<> deal_with_retry(try_again again);
    task<> stop_all();
    void plan_limit(const child& ended, explanation& out) const;
    void try_again_later(child_key key);
    std::size_t& count_of(const child_spec& spec);

    supervise::restart_window window_;
    std::size_t max_children_;
    const extra_arguments extra_;
    /// A deque, so that growing does not move the other children. The last child may still be starting, and
    /// is not in `by_pid_` then.
    std::deque<child> children_;
    supervise::key_index by_pid_;
    child_counts counts_;
    std::int64_t restarts_ = 0;  ///< Restarts carried out since the supervisor's start.
};

}  // namespace coppice::detail
