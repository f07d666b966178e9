// SPDX-License-Identifier: Apache-2.0

#include "base/node_number.hpp"

#include <atomic>
#include <stdexcept>
#include <string>

namespace coppice::base {
namespace {

/// Draws from a counter of 64 bits, which a refusal does not bring near its end.
std::uint32_t drawn_from(std::atomic<std::uint64_t>& last, std::uint32_t limit, const char* what) {
    const std::uint64_t next = last.fetch_add(1, std::memory_order_relaxed) + 1;
    if (next >= limit) {
        throw std::length_error{
            "runtime: this OS process has seen " + std::to_string(limit - 1) + ' ' + what +
            ", which is the limit: the next number would repeat a number of old pids"};
    }
    return static_cast<std::uint32_t>(next);
}

}  // namespace

std::uint32_t number_of_new_runtime() {
    static std::atomic<std::uint64_t> last{0};
    return drawn_from(last, first_remote_node, "runtimes");
}

std::uint32_t number_of_new_remote_node() {
    static std::atomic<std::uint64_t> last{0};
    // UINT32_MAX is no node, see `route`.
    return first_remote_node - 1 + drawn_from(last, first_remote_node, "nodes elsewhere");
}

}  // namespace coppice::base
