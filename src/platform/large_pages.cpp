// SPDX-License-Identifier: Apache-2.0

#include "platform/large_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <new>

#include "coppice/detail/contract.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define COPPICE_CHECKS_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COPPICE_CHECKS_LEAKS 1
#endif
#endif
#if defined(COPPICE_CHECKS_LEAKS)
#include <sanitizer/lsan_interface.h>
#endif

namespace coppice::platform {
namespace {

std::size_t gap_before_large_page(const std::byte* memory) noexcept {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory) % large_page;
    return past == 0 ? 0 : large_page - past;
}

void unmap(std::byte* memory, std::size_t bytes) noexcept {
    if (bytes > 0) {
        ::munmap(memory, bytes);
    }
}

// LeakSanitizer looks for pointers in the memory of malloc and in registered memory.
#if defined(COPPICE_CHECKS_LEAKS)
void show_to_leak_check(const void* memory, std::size_t bytes) noexcept {
    __lsan_register_root_region(memory, bytes);
}
void hide_from_leak_check(const void* memory, std::size_t bytes) noexcept {
    __lsan_unregister_root_region(memory, bytes);
}
#else
void show_to_leak_check(const void* /*memory*/, std::size_t /*bytes*/) noexcept {}
void hide_from_leak_check(const void* /*memory*/, std::size_t /*bytes*/) noexcept {}
#endif

}  // namespace

/// Mapped beside malloc: memory that is returned late or never would fill the arenas of malloc. A large
/// block then finds no room there, and is mapped and unmapped for each use.
void* allocate_large(std::size_t bytes) {
    COPPICE_EXPECTS(bytes % large_page == 0, "allocate a multiple of large_page");
    void* const mapped = ::mmap(nullptr, bytes + large_page, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::bad_alloc{};
    }
    auto* const first = static_cast<std::byte*>(mapped);
    const std::size_t gap = gap_before_large_page(first);
    std::byte* const memory = first + gap;
    unmap(first, gap);
    unmap(memory + bytes, large_page - gap);
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // if refused, small pages serve as well
    show_to_leak_check(memory, bytes);
    return memory;
}

void free_large(void* memory, std::size_t bytes) noexcept {
    hide_from_leak_check(memory, bytes);
    unmap(static_cast<std::byte*>(memory), bytes);
}

void map_ahead([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(MADV_POPULATE_WRITE)
    static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto first = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t begin = first - first % page;
    const int kept = errno;
    // If refused, the pages are mapped when they are written.
    ::madvise(reinterpret_cast<void*>(begin), first + bytes - begin, MADV_POPULATE_WRITE);
    errno = kept;
#endif
}

}  // namespace coppice::platform
