// SPDX-License-Identifier: Apache-2.0
// A connection to the inspect endpoint of the program. A lost connection is made again.

#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "coppice/inspect_client.hpp"

namespace coppice::dashboard {

class endpoint {
  public:
    /// An empty name means the program of this OS process.
    explicit endpoint(std::string program) : program_{std::move(program)} {}

    /// A separate connection. Throws `inspect::error` if the program cannot be reached.
    [[nodiscard]] std::shared_ptr<inspect::client> connect() const;
    /// The connection that all requests share; connects if no connection is open.
    [[nodiscard]] std::shared_ptr<inspect::client> shared();
    /// Closes for good: waiting requests fail, and no connection is made any more.
    void close() noexcept;

  private:
    const std::string program_;
    std::mutex mutex_;
    std::shared_ptr<inspect::client> shared_;  // Guarded by mutex_.
    bool closed_ = false;                      // Guarded by mutex_.
};

}  // namespace coppice::dashboard
