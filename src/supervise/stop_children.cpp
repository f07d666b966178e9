// SPDX-License-Identifier: Apache-2.0

#include "supervise/stop_children.hpp"

#include <set>
#include <unordered_map>

#include "coppice/detail/reply.hpp"

namespace coppice::supervise {
namespace {

using detail::nanoseconds;

class ends_wait final : detail::waiter {
  public:
    explicit ends_wait(std::vector<stopping_child>& children)
        : children_{children}, started_{detail::now()} {}

    bool await_ready() const noexcept { return children_.empty(); }

    void await_suspend(std::coroutine_handle<> here) {
        tag = detail::new_tag();
        suspend(here, detail::forever);
        alive_.reserve(children_.size());
        std::set<nanoseconds> limits;
        for (stopping_child& child : children_) {
            alive_.emplace(child.process, &child);
            detail::monitor_for_wait(child.process, tag);
            if (child.limit.is_brutal_kill()) {
                exit(child.process, reason::kill);
                continue;
            }
            exit(child.process, reason::shutdown);
            if (!child.limit.is_infinity()) {
                limits.insert(child.limit.value());
            }
        }
        for (const nanoseconds limit : limits) {
            timers_.push_back(detail::start_tag_timer(limit, tag));
        }
    }

    void await_resume() {
        for (const std::uint64_t timer : timers_) {
            detail::cancel_tag_timer(timer);
        }
    }

    ~ends_wait() override {
        for (const std::uint64_t timer : timers_) {
            detail::cancel_tag_timer(timer);
        }
    }

  private:
    bool on_signal(detail::signal& s) override {
        const auto ended = alive_.find(s.from);
        if (s.kind == detail::signal_kind::down && ended != alive_.end()) {
            child_end& end = ended->second->end;
            end.why = static_cast<detail::down_signal&>(s).why;
            end.before = end.why == reason::noproc;
            alive_.erase(ended);
        }
        return alive_.empty();
    }

    bool on_timeout() override {
        const nanoseconds waited = detail::now() - started_;
        for (const auto& [process, child] : alive_) {
            const shutdown_limit limit = child->limit;
            // infinity is no number of nanoseconds: comparing would overflow
            if (!limit.is_infinity() && !limit.is_brutal_kill() && limit.value() <= waited) {
                exit(process, reason::kill);
            }
        }
        return false;
    }

    std::vector<stopping_child>& children_;
    std::unordered_map<pid, stopping_child*> alive_;
    std::vector<std::uint64_t> timers_;
    nanoseconds started_;
};

}  // namespace

task<std::vector<stopping_child>> stop_children(std::vector<stopping_child> children) {
    ends_wait ending{children};
    co_await ending;
    // A child that had ended before it was asked left its true reason in its exit message.
    std::unordered_map<pid, stopping_child*> by_pid;
    for (stopping_child& child : children) {
        unlink(child.process);
        by_pid.emplace(child.process, &child);
    }
    for (const detail::owned_message& message : detail::take_exit_messages()) {
        const auto* ended = static_cast<exit_message*>(message->type->payload(*message));
        if (const auto child = by_pid.find(ended->from); child != by_pid.end()) {
            child->second->end.why = ended->why;
        }
    }
    co_return children;
}

}  // namespace coppice::supervise
