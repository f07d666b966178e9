// SPDX-License-Identifier: Apache-2.0
// The ancestry of children, and the requests for the end of a process. The birth is in process.hpp. Turns are in turns.cpp, the end in death.cpp.

#include "process/process.hpp"

#include <utility>

#include "process/runtime_core.hpp"

namespace coppice::detail {

void body::on_error(exit_reason why, bool reported) {
    if (reported) {
        report_crash(why);
    }
    end_process(std::move(why));
}

void process::be_stillborn() noexcept {
    bonds_ = {};
    runtime_.table().release(*this);
}

const process_layer::ancestry& process::ancestry_of_children() {
    // A process that was never named has no name now: the mark spares a look into the table.
    const bool named = claims_.may_be_named();
    if (!named && of_children_ && of_children_->name.empty()) [[likely]] {
        return of_children_;
    }
    return ancestry_anew(named);
}

[[gnu::noinline]] const process_layer::ancestry& process::ancestry_anew(bool named) {
    std::string name = named ? runtime_.names().name_of(self()) : std::string{};
    if (!of_children_ || of_children_->name != name) {
        of_children_ = descend(self(), std::move(name), ancestors_);
    }
    return of_children_;
}

void process::begin() noexcept {
    runtime_.scheduler().enqueue(*this);
}

bool process::is_doomed() noexcept {
    const process_layer::custody::hold held = inside();
    return !held || life_.is_doomed();
}

void process::end(exit_reason&& why) {
    const process_layer::custody::hold held = inside();
    if (held && life_.end()) {
        why_ = std::move(why);
    }
}

void process::doom(exit_reason why) noexcept {
    if (life_.doom()) {
        why_ = std::move(why);
    }
}

}  // namespace coppice::detail
