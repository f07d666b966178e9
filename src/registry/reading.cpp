// SPDX-License-Identifier: Apache-2.0

#include "registry/reading.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace coppice::registry_layer {
namespace {

/// What one thread reads. Reused by later threads, and never freed.
struct alignas(64) reading_thread {
    std::atomic<std::uint64_t> since{0};  ///< The epoch of the outermost reader; 0: none.
    unsigned depth = 0;                   ///< Only for the thread.
    std::atomic<bool> used{true};
    reading_thread* older = nullptr;
};

// Shared by all runtimes: a thread may read in any of them.
std::atomic<std::uint64_t> epoch{1};
std::atomic<reading_thread*> newest_thread{nullptr};

reading_thread* take_over_an_unused() noexcept {
    for (reading_thread* each = newest_thread.load(); each != nullptr; each = each->older) {
        bool used = false;
        if (each->used.compare_exchange_strong(used, true)) {
            return each;
        }
    }
    return nullptr;
}

reading_thread* make_one() {
    auto* const made = new reading_thread;
    made->older = newest_thread.load();
    while (!newest_thread.compare_exchange_weak(made->older, made)) {
    }
    return made;
}

struct thread_holder {
    thread_holder() = default;
    thread_holder(const thread_holder&) = delete;
    thread_holder& operator=(const thread_holder&) = delete;
    ~thread_holder() {
        if (held != nullptr) {
            held->used.store(false);
        }
    }
    reading_thread* held = nullptr;
};

// Called, never inlined: a coroutine may resume on another thread.
[[gnu::noinline]] reading_thread& this_thread() {
    thread_local thread_holder here;
    if (here.held == nullptr) [[unlikely]] {
        reading_thread* const old = take_over_an_unused();
        here.held = old != nullptr ? old : make_one();
    }
    return *here.held;
}

/// The oldest epoch in which a thread reads.
std::uint64_t oldest_read() noexcept {
    std::uint64_t oldest = epoch.load();
    for (const reading_thread* each = newest_thread.load(); each != nullptr; each = each->older) {
        if (const std::uint64_t since = each->since.load(); since != 0) {
            oldest = std::min(oldest, since);
        }
    }
    return oldest;
}

}  // namespace

retired_objects::~retired_objects() {
    destroy(newest_);
}

void retired_objects::add(detail::retirable* gone) noexcept {
    gone->retired_in = epoch.fetch_add(1);
    gone->next_retired = std::exchange(newest_, gone);
    ++count_;
}

/// The newest objects come first, so the unread objects are the rest of the list.
detail::retirable* retired_objects::take_unread() noexcept {
    if (count_ < next_look_) {
        return nullptr;
    }
    const std::uint64_t oldest = oldest_read();
    detail::retirable** at = &newest_;
    std::size_t kept = 0;
    while (*at != nullptr && (*at)->retired_in >= oldest) {
        at = &(*at)->next_retired;
        ++kept;
    }
    count_ = kept;
    next_look_ = std::max(look_at, 2 * kept);
    return std::exchange(*at, nullptr);
}

void retired_objects::destroy(detail::retirable* list) noexcept {
    while (list != nullptr) {
        delete std::exchange(list, list->next_retired);
    }
}

}  // namespace coppice::registry_layer

namespace coppice::detail {

registry_reader::registry_reader() {
    registry_layer::reading_thread& here = registry_layer::this_thread();
    if (here.depth++ == 0) {
        here.since.store(registry_layer::epoch.load());  // Dekker with oldest_read()
    }
}

registry_reader::~registry_reader() {
    registry_layer::reading_thread& here = registry_layer::this_thread();
    if (--here.depth == 0) {
        // Release: pairs with the load in oldest_read(). The reads come before the destruction.
        here.since.store(0, std::memory_order_release);
    }
}

}  // namespace coppice::detail
