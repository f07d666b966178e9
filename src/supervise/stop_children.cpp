// SPDX-License-Identifier: Apache-2.0

#include "supervise/stop_children.hpp"

#include <set>

#include "coppice/detail/reply.hpp"
#include "supervise/key_index.hpp"

namespace coppice::supervise {
namespace {

using detail::nanoseconds;

/// The children, found by pid.
class stopping_children {
  public:
    explicit stopping_children(std::vector<stopping_child>& children) : children_{children} {
        by_pid_.reserve(children.size());
        for (child_key key = 0; key < children.size(); ++key) {
            by_pid_.insert(hash_of(children[key].process), key);
        }
    }
    /// Null if the process is no child of the set.
    stopping_child* find(const pid& process) const {
        const child_key key = by_pid_.find(hash_of(process), [&](child_key candidate) {
            return children_[candidate].process == process;
        });
        return key == no_child ? nullptr : &children_[key];
    }
    std::vector<stopping_child>& all() const noexcept { return children_; }

  private:
    std::vector<stopping_child>& children_;
    key_index by_pid_;
};

class ends_wait final : detail::timed_waiter {
  public:
    explicit ends_wait(const stopping_children& children)
        : children_{children}, alive_{children.all().size()}, started_{detail::now()} {}

    bool await_ready() const noexcept { return alive_ == 0; }

    void await_suspend(std::coroutine_handle<> here) {
        detail::with_reserve(
            [&] { suspend(here, detail::forever, [this](std::uint64_t tag) { ask_all(tag); }); });
    }

    void await_resume() { cancel_timers(); }

    ~ends_wait() override { cancel_timers(); }

  private:
    void cancel_timers() noexcept {
        for (const std::uint64_t timer : timers_) {
            detail::cancel_tag_timer(timer);
        }
        timers_.clear();
    }

    // Allocates everything first, so either all children are asked to stop or none is.
    void ask_all(std::uint64_t tag) {
        std::set<nanoseconds> limits;
        std::vector<detail::end_request> asking;
        asking.reserve(children_.all().size());
        for (const stopping_child& child : children_.all()) {
            const bool kills = child.limit.is_brutal_kill();
            asking.emplace_back(kills ? reason::kill : reason::shutdown);
            if (!kills && !child.limit.is_infinity()) {
                limits.insert(child.limit.value());
            }
        }
        cancel_timers();
        timers_.reserve(limits.size());
        for (const nanoseconds limit : limits) {
            timers_.push_back(detail::start_tag_timer(limit, tag));
        }
        for (std::size_t i = 0; i < asking.size(); ++i) {
            asking[i].send(children_.all()[i].process, tag);
        }
    }

    bool on_signal(detail::signal& s) override {
        stopping_child* const ended = children_.find(s.from);
        if (ended != nullptr && !ended->has_ended) {
            ended->has_ended = true;
            ended->end.why = static_cast<detail::down_signal&>(s).why;
            ended->end.before = ended->end.why == reason::noproc;
            --alive_;
        }
        return alive_ == 0;
    }

    bool on_timeout() override {
        const nanoseconds waited = detail::now() - started_;
        for (const stopping_child& child : children_.all()) {
            const shutdown_limit limit = child.limit;
            // infinity is no number of nanoseconds: a comparison would overflow
            if (!child.has_ended && !limit.is_infinity() && !limit.is_brutal_kill() &&
                limit.value() <= waited) {
                exit(child.process, reason::kill);
            }
        }
        return false;
    }

    const stopping_children& children_;
    std::size_t alive_;
    std::vector<std::uint64_t> timers_;
    nanoseconds started_;
};

}  // namespace

task<std::vector<stopping_child>> stop_children(std::vector<stopping_child> children) {
    const stopping_children stopping{children};
    ends_wait ending{stopping};
    co_await ending;
    for (const stopping_child& child : children) {
        unlink(child.process);
    }
    // If a child had ended before the request, the exit message holds the true reason.
    for (const detail::owned_message& message : detail::take_exit_messages()) {
        const auto* ended = static_cast<exit_message*>(message->type->payload(*message));
        if (stopping_child* const child = stopping.find(ended->from)) {
            child->end.why = ended->why;
        }
    }
    co_return children;
}

}  // namespace coppice::supervise
