// SPDX-License-Identifier: Apache-2.0
// The durations, time points, clocks and literals of std::chrono, without calendar, time zones and text.
//
// Cost       3,350 lines fewer than <chrono> of libstdc++, because <chrono> includes <sstream>.

#pragma once

#include <version>

#ifdef __GLIBCXX__
// The timed locks of <shared_mutex> take durations and time points, so libstdc++ defines these parts of
// std::chrono for <shared_mutex>. Every other header with these parts is longer.
#include <shared_mutex>
#else
#include <chrono>
#endif
