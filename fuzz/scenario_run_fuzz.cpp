// SPDX-License-Identifier: Apache-2.0
// Every readable scenario can run: the run comes to rest or is refused, and nothing crashes. Two runs of one
// scenario give the same trace.
//
//     build/fuzz/bin/fuzz/scenario_run_fuzz -dict=fuzz/scenario.dict FOLDER tests/golden

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "simulate/scenario_reader.hpp"
#include "simulate/trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coppice::cli;
    constexpr std::uint64_t turns_max = 2000;
    const auto read = read_scenario({reinterpret_cast<const char*>(data), size});
    if (!read) {
        return 0;
    }
    const auto once = run_scenario(*read, turns_max);
    const auto again = run_scenario(*read, turns_max);
    if (once.has_value() != again.has_value()) {
        std::abort();
    }
    if (once &&
        (once->lines != again->lines || !difference(*read, once->lines, again->lines).empty() ||
         timeline(*read, once->lines).empty() != once->lines.empty())) {
        std::abort();
    }
    return 0;
}
