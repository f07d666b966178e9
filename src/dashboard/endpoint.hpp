// SPDX-License-Identifier: Apache-2.0
// A connection to the program's inspect endpoint that is made again when it is lost.

#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "coppice/inspect_client.hpp"

namespace coppice::dashboard {

class endpoint {
  public:
    /// Empty: the program of this OS process.
    explicit endpoint(std::string program) : program_{std::move(program)} {}

    /// A connection of its own. Throws inspect::error if the program cannot be reached.
    [[nodiscard]] std::shared_ptr<inspect::client> connect() const;
    /// The one that all requests share; connects if there is none that is open.
    [[nodiscard]] std::shared_ptr<inspect::client> shared();
    /// From now on there is no connection: what waits for an answer fails.
    void close() noexcept;

  private:
    const std::string program_;
    std::mutex mutex_;
    std::shared_ptr<inspect::client> shared_;  // guarded by mutex_
    bool closed_ = false;                      // guarded by mutex_
};

}  // namespace coppice::dashboard
