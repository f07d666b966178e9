// SPDX-License-Identifier: Apache-2.0

#include "coppice/blocking.hpp"

#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/blocking_pool.hpp"
#include "process/caller.hpp"

namespace coppice::detail {

blocking_wait::~blocking_wait() {
    if (pool_ != nullptr) {
        pool_->abandon(*job_);
    }
}

bool blocking_wait::await_ready() const {
    if (begun_) {
        refuse_second_await("blocking");
    }
    return false;
}

void blocking_wait::await_suspend(suspended here) {
    job_->answer.reset(as_reply(no_value()));
    suspend(here, forever, [this](std::uint64_t tag) { begin(tag); });
}

/// A dead process begins nothing.
void blocking_wait::begin(std::uint64_t tag) {
    begun_ = true;
    runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr) {
        return;
    }
    const std::shared_ptr<blocking_pool> pool =
        world->extended().get<process_layer::blocking_pool_owner>().pool;
    job_->waits = current_pid();
    job_->answer->tag = tag;
    if (world->chosen().simulated) {
        pool->run_here(*job_);
        deliver(job_->waits, job_->answer.release());
    } else {
        pool_ = pool;  // before the answer can come
        try {
            pool->submit(job_, {world->chosen().blocking_threads, world->chosen().blocking_queue});
        } catch (...) {
            pool_.reset();
            throw;
        }
    }
}

reply_effect blocking_wait::on_reply(message_node& /*reply*/) noexcept {
    pool_.reset();
    return reply_effect::ends_wait;
}

}  // namespace coppice::detail
