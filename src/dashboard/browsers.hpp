// SPDX-License-Identifier: Apache-2.0
// The browsers that watch: each has a connection to the program of its own, on which it subscribes, and a
// stream of server-sent events that survives the program.
//
//     event: program    {"reached":true,"stream":ID,"read_only":…,"program":hello's result}, or
//                       {"reached":false,"why":…}; subscriptions are made anew after each
//     event: notify     the params of a notification

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dashboard/endpoint.hpp"

namespace coppice::dashboard {

class browser {
  public:
    browser(std::string id, const endpoint& where, bool read_only);

    const std::string& id() const noexcept { return id_; }
    /// The next part of the stream; waits for it for less than a second. Empty: nothing yet. Of the
    /// thread that serves the stream.
    [[nodiscard]] std::string next();
    /// For requests; null while the program is away. Of any thread.
    [[nodiscard]] std::shared_ptr<inspect::client> client() const;
    /// For the end of the server: ends the wait of `next`, and of requests.
    void wake() noexcept;

  private:
    std::string reach();
    std::string lose(const std::string& why);
    std::string notifications(inspect::client& from);
    void pause();

    const std::string id_;
    const endpoint& where_;
    const bool read_only_;
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    std::shared_ptr<inspect::client> client_;  // guarded by mutex_
    bool wakes_ = false;                       // guarded by mutex_
    std::string told_;                         // of the stream's thread: why it was away
    std::chrono::steady_clock::time_point last_word_;
};

class browsers {
  public:
    browsers(std::size_t max, const endpoint& where, bool read_only)
        : max_{max}, where_{where}, read_only_{read_only} {}

    /// Null if there are too many.
    [[nodiscard]] std::shared_ptr<browser> add();
    void remove(const browser& gone);
    [[nodiscard]] std::shared_ptr<browser> find(const std::string& id) const;
    [[nodiscard]] std::size_t count() const;
    /// For the end of the server: ends the waits of all.
    void wake();

  private:
    const std::size_t max_;
    const endpoint& where_;
    const bool read_only_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<browser>> all_;  // guarded by mutex_
};

}  // namespace coppice::dashboard
