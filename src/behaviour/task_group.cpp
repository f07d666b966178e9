// SPDX-License-Identifier: Apache-2.0
// The owner's waits for many asynchronous tasks at once.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "coppice/detail/task_wait.hpp"

namespace coppice::detail {

namespace {

/// The tasks of one wait, found by tag.
class task_group {
  public:
    explicit task_group(const std::vector<task_key>& of) {
        std::vector<std::pair<std::uint64_t, std::size_t>> sorted;
        sorted.reserve(of.size());
        for (std::size_t i = 0; i < of.size(); ++i) {
            require_owner(of[i]);
            sorted.emplace_back(of[i].tag, i);
        }
        std::ranges::sort(sorted);
        tags_.reserve(of.size());
        places_.reserve(of.size());
        for (const auto& [tag, place] : sorted) {
            if (!tags_.empty() && tags_.back() == tag) {
                throw badarg_error{"the task " + to_string(of[place].process) +
                                   " is waited for twice at once"};
            }
            tags_.push_back(tag);
            places_.push_back(place);
        }
    }

    std::span<const std::uint64_t> tags() const noexcept { return tags_; }
    /// The place in the caller's list. Precondition: the message has the tag of a task of the group.
    std::size_t place_of(const message_node& message) const noexcept {
        const auto found = std::ranges::lower_bound(tags_, tag_of(message));
        return places_[static_cast<std::size_t>(found - tags_.begin())];
    }

  private:
    std::vector<std::uint64_t> tags_;
    std::vector<std::size_t> places_;
};

void forget_all(const std::vector<task_key>& tasks) {
    for (const task_key& each : tasks) {
        demonitor(ref{each.tag}, demonitor_option::flush);
    }
}

/// `{{Task, …}, Timeout}`.
exit_reason details_of_many(const std::vector<task_key>& of, nanoseconds timeout) {
    std::vector<exit_reason> processes;
    processes.reserve(of.size());
    for (const task_key& each : of) {
        processes.push_back(exit_reason::process(each.process));
    }
    return exit_reason::tuple(exit_reason::tuple_of(std::move(processes)), timeout_term(timeout));
}

/// What is left of a timeout. Zero or less: only messages that are here already count.
nanoseconds left_of(nanoseconds timeout, nanoseconds deadline) {
    return timeout == forever ? forever : deadline - now();
}

}  // namespace

task<std::vector<owned_message>> await_tasks(std::vector<task_key> of, nanoseconds timeout) {
    const task_group group{of};
    const nanoseconds deadline = time_after(timeout);
    std::vector<owned_message> out(of.size());
    for (std::size_t answered = 0; answered < of.size(); ++answered) {
        task_wait waiting{group.tags(), left_of(timeout, deadline)};
        owned_message got = co_await waiting;
        if (got == nullptr) {
            forget_all(of);
            exit_from_task(reason::timeout, "await_many", details_of_many(of, timeout));
        }
        const std::size_t place = group.place_of(*got);
        task_news news = task_news::of(std::move(got));
        if (news.ended) {
            forget_all(of);
            exit_from_task(told_reason(news.why, of[place].process), "await_many",
                           details_of_many(of, timeout));
        }
        demonitor(ref{of[place].tag}, demonitor_option::flush);
        out[place] = std::move(news.answer);
    }
    co_return out;
}

namespace {

bool is_pending(const task_news& news) noexcept {
    return !news.ended && news.answer == nullptr;
}

/// Treats the tasks without news after a timeout.
task<> treat_late(const std::vector<task_key>& of, std::vector<task_news>& news, late_task how) {
    for (std::size_t i = 0; i < of.size() && how != late_task::nothing; ++i) {
        if (!is_pending(news[i])) {
            continue;
        }
        if (how == late_task::ignore) {
            news[i] = ignore_task(of[i]);
        } else {
            auto ending = shut_down_task(of[i], brutal_kill);
            news[i] = co_await ending;
        }
    }
}

}  // namespace

task<std::vector<task_news>> yield_tasks(std::vector<task_key> of, nanoseconds timeout,
                                         std::size_t limit, late_task on_timeout) {
    const task_group group{of};
    const nanoseconds deadline = time_after(timeout);
    std::vector<task_news> out(of.size());
    const std::size_t wanted = std::min(limit, of.size());
    for (std::size_t seen = 0; seen < wanted; ++seen) {
        task_wait waiting{group.tags(), left_of(timeout, deadline)};
        owned_message got = co_await waiting;
        if (got == nullptr) {
            auto treating = treat_late(of, out, on_timeout);
            co_await treating;
            break;
        }
        const std::size_t place = group.place_of(*got);
        task_news& news = out[place];
        news = task_news::of(std::move(got));
        demonitor(ref{of[place].tag}, demonitor_option::flush);
        if (news.ended && news.why == reason::noconnection) {
            exit_from_task(told_reason(news.why, of[place].process), "yield_many",
                           details_of_many(of, timeout));
        }
    }
    co_return out;
}

}  // namespace coppice::detail
