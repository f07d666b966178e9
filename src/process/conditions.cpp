// SPDX-License-Identifier: Apache-2.0
// Conditions of `receive`: user code in the middle of a scan of the mailbox. A condition runs outside of the
// custody, like a handler. So a condition that does not return can be killed, and a condition that calls the
// runtime finds nothing half done.

#include <utility>

#include "process/process.hpp"
#include "process/question.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {
namespace {

thread_local question* asked_here = nullptr;

}  // namespace

question::question(const detail::message_node& about) noexcept
    : about_{&about}, outer_{std::exchange(asked_here, this)} {}

question::~question() {
    asked_here = outer_;
}

void question::keep_for_condition(detail::owned_message& taken) noexcept {
    for (question* each = asked_here; each != nullptr; each = each->outer_) {
        if (each->about_ == taken.get()) {
            each->kept_ = std::move(taken);
            return;
        }
    }
}

}  // namespace coppice::process_layer

namespace coppice::detail {

/// Continues the scan, to an accepted message or to the end of the mailbox.
process::readiness process::ask_conditions() noexcept {
    while (message_node* const candidate = mailbox_.at_scan()) {
        if (hurried_.load(std::memory_order_relaxed)) {
            return readiness::later;
        }
        const process_layer::handled_message before = handling_;
        const answer given = ask_about(*candidate);
        if (!custody_.enter() || life_.is_doomed()) {
            return readiness::ended;
        }
        handling_ = given == answer::accepted
                        ? process_layer::handled_message{candidate->type->taken(*candidate)}
                        : before;
        if (given == answer::accepted) {
            wait_->take(owned_message{&mailbox_.take_at_scan()});
            wait_over_ = true;
        } else if (given == answer::refused) {
            mailbox_.skip();
        }
        if (wait_over_) {  // also by a signal taken in during the condition
            return readiness::yes;
        }
    }
    // Signals put off during a condition are taken in before the process may block.
    return late_ == nullptr ? readiness::no : readiness::later;
}

process::answer process::ask_about(const message_node& candidate) noexcept {
    handling_ = process_layer::handled_message{candidate.type->carried(candidate)};
    custody_.leave();
    const process_layer::question asked{candidate};
    const bool accepted = wait_->wants(candidate);
    if (asked.was_taken_out()) {
        return answer::gone;
    }
    return accepted ? answer::accepted : answer::refused;
}

}  // namespace coppice::detail
