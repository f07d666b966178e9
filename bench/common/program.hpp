// SPDX-License-Identifier: Apache-2.0
// What the programs say and are told in the same way.

#pragma once

#include <string_view>

#include <coppice/coppice.hpp>

namespace bench {

/// The number that `text` is, or 0.
int positive_number(std::string_view text);

/// Without reports, and with so many workers as COPPICE_WORKERS says.
coppice::runtime_options options();

/// A line of JSON.
void print_figure(std::string_view name, double value, std::string_view unit, int operations);

/// What the machine holds in memory for this OS process now.
double resident_bytes();

/// The most that it ever held, as a figure.
void print_peak();

}  // namespace bench
