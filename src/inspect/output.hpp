// SPDX-License-Identifier: Apache-2.0
// Output for a client. The bytes leave in parts, as fast as the client reads, and the rest waits in a bounded
// buffer. A client with more bytes waiting is disconnected, so a slow client delays no other process.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "coppice/net.hpp"
#include "coppice/process.hpp"

namespace coppice::inspect {

class output {
  public:
    static constexpr std::size_t waiting_max = std::size_t{4} * 1024 * 1024;

    explicit output(net::socket socket) : socket_{std::move(socket)} {}

    /// False: the client is gone, or its buffer is full.
    [[nodiscard]] bool print(std::string_view lines) {
        if (waiting_.size() - sent_ + lines.size() > waiting_max) {
            return false;
        }
        waiting_ += lines;
        return is_full_ || write_waiting();
    }
    /// Called when the socket has room again.
    [[nodiscard]] bool on_writable() {
        is_full_ = false;
        return write_waiting();
    }
    /// Whether bytes wait for room; `net::writable` announces the room.
    bool is_full() const noexcept { return is_full_; }

  private:
    bool write_waiting() {
        constexpr std::size_t part_max = std::size_t{64} * 1024;
        while (sent_ < waiting_.size()) {
            const auto part = std::string_view{waiting_}.substr(sent_, part_max);
            const auto written = socket_.write(part);
            if (!written && written.error() == net::write_error::full) {
                is_full_ = true;
                socket_.write_next(self());
                waiting_.erase(0, std::exchange(sent_, 0));
                return true;
            }
            if (!written) {
                return false;
            }
            sent_ += part.size();
        }
        std::string{}.swap(waiting_);
        sent_ = 0;
        return true;
    }

    net::socket socket_;
    std::string waiting_;
    std::size_t sent_ = 0;
    bool is_full_ = false;
};

}  // namespace coppice::inspect
