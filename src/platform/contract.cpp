// SPDX-License-Identifier: Apache-2.0

#include "platform/process_namer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "coppice/detail/contract.hpp"
#include "platform/standard_error.hpp"

namespace coppice {
namespace platform {
namespace {

constinit std::atomic<process_namer> namer_of_processes{nullptr};

/// The path from the folder of the sources or of the public headers on, wherever the tree is.
const char* short_path(std::string_view file) noexcept {
    std::size_t begin = 0;
    for (const std::string_view folder : {"/src/", "/include/"}) {
        if (const std::size_t at = file.rfind(folder); at != std::string_view::npos) {
            begin = std::max(begin, at + 1);
        }
    }
    return file.data() + begin;
}

}  // namespace

void name_processes_by(process_namer namer) noexcept {
    namer_of_processes.store(namer, std::memory_order_relaxed);
}

}  // namespace platform

namespace detail {

void broken_expectation(const char* file, unsigned line, const char* condition,
                        const char* sentence) noexcept {
    std::array<char, 64> process{};
    const auto namer = platform::namer_of_processes.load(std::memory_order_relaxed);
    const bool is_named = namer != nullptr && namer(process.data(), process.size() - 1) > 0;
    std::array<char, 1024> text{};
    std::snprintf(text.data(), text.size(), "coppice: broken contract at %s:%u%s%s: %s: %s",
                  platform::short_path(file), line, is_named ? ", process " : "", process.data(),
                  condition, sentence);
    platform::say_line(text.data());
    std::abort();
}

void broken_contract(const char* sentence) noexcept {
    std::array<char, 1024> text{};
    std::snprintf(text.data(), text.size(), "coppice: %s", sentence);
    platform::say_line(text.data());
    std::abort();
}

}  // namespace detail
}  // namespace coppice
