// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes are read or refused, with a message that is safe for a terminal. Nothing crashes.
//
//     build/fuzz/bin/fuzz/scenario_fuzz -dict=fuzz/scenario.dict FOLDER tests/golden

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "simulate/printable.hpp"
#include "simulate/scenario_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coppice::cli;
    const auto read = read_scenario({reinterpret_cast<const char*>(data), size});
    if (!read && printable(to_string(read.error())) != to_string(read.error())) {
        std::abort();
    }
    return 0;
}
