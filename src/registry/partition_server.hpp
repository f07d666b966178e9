// SPDX-License-Identifier: Apache-2.0
// The process of a partition. Each process with entries is linked to the partition's process, so each hears of the
// other's end.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "coppice/process.hpp"
#include "registry/directory.hpp"
#include "registry/key_locks.hpp"

namespace coppice::registry_layer {

/// The tables as an argument of a child: the partitions have locks of their own.
struct shared_tables {
    std::shared_ptr<const detail::registry_tables> tables;
};

/// The release of a lock.
struct unlock {
    std::uint64_t number;
};

class partition_server {
  public:
    partition_server(shared_tables shared, std::size_t number);
    partition_server(const partition_server&) = delete;
    partition_server& operator=(const partition_server&) = delete;
    /// Runs before the linked processes hear of the end.
    ~partition_server();

    using info_messages = messages<exit_message, down_message>;
    void handle_call(const lock_request& m, const reply_to<std::uint64_t>& client);
    void handle_cast(unlock m);
    void handle_info(const exit_message& m);
    void handle_info(const down_message& m);

  private:
    detail::registry_partition& mine() const { return *shared_.tables->partitions[number_]; }

    const shared_tables shared_;
    const std::size_t number_;
    const pid self_;
    key_locks locks_;
};

}  // namespace coppice::registry_layer

/// Shared with the other partitions and with readers; safe on all threads.
template <>
struct coppice::message_trait<coppice::registry_layer::shared_tables> {
    static constexpr bool is_message = true;
};
