// SPDX-License-Identifier: Apache-2.0
// Any bytes are read or refused; nothing crashes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulate/reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto read = coppice::cli::read_scenario({reinterpret_cast<const char*>(data), size});
    static_cast<void>(read);
    return 0;
}
