// SPDX-License-Identifier: Apache-2.0
// Input and output shared by the benchmark programs.

#pragma once

#include <string_view>

#include <coppice/coppice.hpp>

namespace bench {

/// `text` as a positive number, or 0.
int positive_number(std::string_view text);

/// No reports, and as many scheduler threads as COPPICE_WORKERS says.
coppice::runtime_options options();

/// A line of JSON.
void print_figure(std::string_view name, double value, std::string_view unit, int operations);

/// The resident memory of this OS process.
double resident_bytes();

/// The peak resident memory of this OS process, as a figure.
void print_peak();

}  // namespace bench
