// SPDX-License-Identifier: Apache-2.0
// Writes the flight recorder to a file in an emergency: allocates no memory and takes no lock. Names of
// processes that are alive are therefore unknown here.
//
// Threads    Any, and a signal handler.

#pragma once

#include <string>
#include <utility>

#include "process/flight_recorder.hpp"

namespace coppice::observe {

class black_box {
  public:
    /// The recorder has to outlive the black box.
    black_box(const process_layer::flight_recorder& from, std::string path)
        : from_{from}, path_{std::move(path)} {}

    bool write() const noexcept;
    static void write_at_abort(void* box) { static_cast<const black_box*>(box)->write(); }

  private:
    const process_layer::flight_recorder& from_;
    const std::string path_;
};

}  // namespace coppice::observe
