// SPDX-License-Identifier: Apache-2.0
// The locks of keys in one partition: for each key the processes in the order of their requests. The first process
// holds the lock.
//
// Threads    The process of the partition.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "coppice/detail/registry_access.hpp"
#include "coppice/gen_server.hpp"

namespace coppice::registry_layer {

/// A request for a lock. The reply is the number for `unlock`.
struct lock_request {
    using reply = std::uint64_t;
    detail::registry_lock_key key;
};

class key_locks {
  public:
    /// Answers the request now, or once the processes before it have gone. `watching` monitors the client.
    void add(const detail::registry_lock_key& key, const reply_to<std::uint64_t>& client,
             ref watching);
    /// The process with the number has released its lock. Returns the monitor; empty if there is no such number.
    ref release(std::uint64_t number);
    /// The monitored process has ended, with a lock or without.
    void end_of(ref watching);

  private:
    struct waiting {
        std::uint64_t number;
        reply_to<std::uint64_t> client;
        ref watching;
    };
    struct queue {
        detail::registry_lock_key key;
        std::deque<waiting> processes;
    };
    using queues = std::unordered_multimap<std::size_t, queue>;

    queues::iterator queue_of(const detail::registry_lock_key& key);
    /// Removes the processes for which `goes` is true, and gives the lock to the next one.
    template <class Goes>
    ref remove(Goes goes);

    queues queues_;
    std::uint64_t last_number_ = 0;
};

}  // namespace coppice::registry_layer

/// Keys are immutable.
template <>
struct coppice::message_trait<coppice::registry_layer::lock_request> {
    static constexpr bool is_message = true;
};
