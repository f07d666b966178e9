// SPDX-License-Identifier: Apache-2.0
// Writes what the flight recorder has to a file, where nothing else can be relied on: it needs no memory and
// takes no lock. So it knows no names of those that are alive.
//
// Threads    Any, and a signal handler.

#pragma once

#include <string>
#include <utility>

#include "process/flight_recorder.hpp"

namespace coppice::observe {

class black_box {
  public:
    /// The recorder lives as long.
    black_box(const detail::flight_recorder& from, std::string path)
        : from_{from}, path_{std::move(path)} {}

    bool write() const noexcept;
    static void write_at_abort(void* box) { static_cast<const black_box*>(box)->write(); }

  private:
    const detail::flight_recorder& from_;
    const std::string path_;
};

}  // namespace coppice::observe
