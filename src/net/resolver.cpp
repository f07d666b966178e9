// SPDX-License-Identifier: Apache-2.0

#include "net/resolver.hpp"

#include <system_error>
#include <thread>
#include <utility>

#include "platform/guarded.hpp"

namespace coppice::net::detail {

bool resolver::look_up(std::string host, std::uint16_t port, done tell) {
    const platform::scoped_lock lock{mutex_};
    if (waiting_.size() >= waiting_max) {
        return false;
    }
    waiting_.push_back({std::move(host), port, std::move(tell)});
    if (threads_ < threads_max) {
        try {
            std::thread{[self = shared_from_this()] { self->work(); }}.detach();
            ++threads_;
        } catch (const std::system_error&) {
            if (threads_ == 0) {
                waiting_.pop_back();
                return false;
            }
        }
    }
    return true;
}

bool resolver::take(question& next) {
    const platform::scoped_lock lock{mutex_};
    if (waiting_.empty()) {
        --threads_;
        return false;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
}

void resolver::work() {
    for (question next; take(next);) {
        try {
            next.tell(detail::look_up(next.host, next.port, purpose::to_connect));
        } catch (const std::exception&) {
            // No memory: the deadline of the requester ends the attempt.
        }
    }
}

}  // namespace coppice::net::detail
