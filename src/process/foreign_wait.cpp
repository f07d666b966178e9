// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/foreign_wait.hpp"

#include <stdexcept>

#include "coppice/detail/reply.hpp"
#include "process/caller.hpp"
#include "process/runtimes.hpp"

namespace coppice::detail {

void foreign_answer::give() noexcept {
    const pid to = waits_;
    if (signal_ != nullptr) {
        process_layer::deliver_through(to.node(), to, signal_.release());
    }
}

void foreign_wait::await_suspend(suspended here) {
    if (std::exchange(begun_, true)) {
        refuse_second_await("an operation of another library");
    }
    const runtime_core* const world = process_layer::runtime_of_caller();
    if (world != nullptr && world->chosen().simulated) {
        throw std::logic_error{
            "an operation of another library was awaited in a simulation, whose clock does not "
            "move "
            "with the library's; test with a server in place of the operation"};
    }
    answer_->signal_.reset(as_reply(no_value()));
    suspend(here, forever, [&](std::uint64_t tag) {
        if (world != nullptr) {
            answer_->waits_ = current_pid();
            answer_->signal_->tag = tag;
            start();
        }
    });
}

reply_effect foreign_wait::on_reply(message_node& /*reply*/) noexcept {
    return reply_effect::ends_wait;
}

}  // namespace coppice::detail
