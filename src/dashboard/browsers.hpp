// SPDX-License-Identifier: Apache-2.0
// The watching browsers. Each has its own connection to the program for its subscriptions, and a stream of
// server-sent events that survives the program.
//
//     event: program    {"reached":true,"stream":ID,"read_only":…,"program":hello's result}, or
//                       {"reached":false,"why":…}; the page subscribes anew after each
//     event: notify     the params of a notification

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dashboard/inspect_endpoint.hpp"

namespace coppice::dashboard {

class browser {
  public:
    browser(std::string id, const endpoint& where, bool read_only);

    const std::string& id() const noexcept { return id_; }
    /// The next part of the stream, after a wait of less than a second. Empty without a notification. Called by
    /// the thread that serves the stream.
    [[nodiscard]] std::string next();
    /// The connection for requests; null while the program is away. Any thread.
    [[nodiscard]] std::shared_ptr<inspect::client> client() const;
    /// At the end of the server: ends the wait of `next` and of requests.
    void wake() noexcept;

  private:
    std::string connect();
    std::string lose_connection(const std::string& why);
    std::string notifications(inspect::client& from);
    void pause();

    const std::string id_;
    const endpoint& where_;
    const bool read_only_;
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    std::shared_ptr<inspect::client> client_;  // Guarded by mutex_.
    bool wakes_ = false;                       // Guarded by mutex_.
    // The last error sent to the page. Used by the thread of the stream only.
    std::string last_error_;
    std::chrono::steady_clock::time_point last_sent_;
};

class browsers {
  public:
    browsers(std::size_t max, const endpoint& where, bool read_only)
        : max_{max}, where_{where}, read_only_{read_only} {}

    /// Null if `max` browsers already watch.
    [[nodiscard]] std::shared_ptr<browser> add();
    void remove(const browser& gone);
    [[nodiscard]] std::shared_ptr<browser> find(const std::string& id) const;
    [[nodiscard]] std::size_t count() const;
    /// At the end of the server: wakes all browsers.
    void wake();

  private:
    const std::size_t max_;
    const endpoint& where_;
    const bool read_only_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<browser>> all_;  // Guarded by mutex_.
};

}  // namespace coppice::dashboard
