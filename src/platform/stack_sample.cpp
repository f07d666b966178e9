// SPDX-License-Identifier: Apache-2.0

#include "platform/stack_sample.hpp"

#include <signal.h>
#include <unistd.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <thread>

namespace coppice::platform {
namespace {

constexpr std::size_t depth_max = 32;
// The unwinder sees the handler and the kernel's return trampoline before the interrupted function.
constexpr std::size_t own_frames = 2;
constexpr int looks_max = 8;
constexpr std::chrono::microseconds answer_look{50};

/// The only sample. Never destroyed: a thread may answer late.
struct sample {
    std::atomic<std::uint64_t> asked{0};  ///< Number of the wanted sample; 0: none.
    std::atomic<thread_number> whose{0};  ///< The wanted thread: another may be late.
    std::atomic<std::uint64_t> noted{0};  ///< Number of the sample in `frames`.
    std::size_t seen = 0;
    std::size_t depth = 0;
    std::array<void*, depth_max> frames{};
    std::atomic<bool> writing{false};
};

sample& the_sample() {
    static auto* made = new sample;
    return *made;
}

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* argument) {
    auto& into = *static_cast<sample*>(argument);
    if (into.depth == depth_max) {
        return _URC_END_OF_STACK;
    }
    if (into.seen++ >= own_frames) {
        into.frames[into.depth++] = reinterpret_cast<void*>(_Unwind_GetIP(context));
    }
    return _URC_NO_REASON;
}

void on_signal(int) {
    const int before = errno;
    sample& into = the_sample();
    // Acquire: pairs with the release of `asked` in interrupt(), for `whose`.
    const std::uint64_t wanted = into.asked.load(std::memory_order_acquire);
    const bool is_meant = into.whose.load() == this_thread_number();
    // Acquire: pairs with the release of `writing` below, in another thread.
    if (wanted != 0 && is_meant && !into.writing.exchange(true, std::memory_order_acq_rel)) {
        into.seen = 0;
        into.depth = 0;
        _Unwind_Backtrace(&note_frame, &into);
        // Release: pairs with the acquires of `noted` in interrupt() and sample_stack(), and of
        // `writing` in sample_stack().
        into.noted.store(wanted, std::memory_order_release);
        into.writing.store(false, std::memory_order_release);
    }
    errno = before;
}

/// Whether the signal has this handler, installed here if need be. A handler of the
/// program is left alone.
bool hears_signal() {
    struct sigaction present{};
    ::sigaction(SIGURG, nullptr, &present);
    if (present.sa_handler == &on_signal) {
        return true;
    }
    if (present.sa_handler != SIG_DFL && present.sa_handler != SIG_IGN) {
        return false;
    }
    struct sigaction wanted{};
    wanted.sa_handler = &on_signal;
    wanted.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigemptyset(&wanted.sa_mask);
    return ::sigaction(SIGURG, &wanted, nullptr) == 0;
}

/// True if the thread computes and hears the signal. Otherwise `found` gets the place of the
/// system call, if known.
bool is_computing(const thread_watch& watched, std::vector<void*>& found) {
    thread_sight before = watched.look();
    for (int looks = 1; looks < looks_max && before.is_running; ++looks) {
        std::this_thread::sleep_for(look_apart);
        const thread_sight now = watched.look();
        // A thread that was just woken, in the middle of a system call, also waits for a processor.
        const bool has_computed = now.computed - before.computed >= look_apart / 4;
        if (now.is_running && now.sleeps == before.sleeps && has_computed) {
            return now.hears_urgent;
        }
        before = now;
    }
    if (before.waits_at != nullptr) {
        found.push_back(before.waits_at);
    }
    return false;
}

/// Signals the thread, and waits until the thread has noted the sample `number`,
/// at most for `patience`.
void interrupt(thread_number of, sample& into, std::uint64_t number,
               std::chrono::milliseconds patience) {
    into.whose.store(of);
    // Release: pairs with the acquire in on_signal().
    into.asked.store(number, std::memory_order_release);
    const auto until = std::chrono::steady_clock::now() + patience;
    if (::tgkill(::getpid(), of, SIGURG) == 0) {
        // Acquire: pairs with the release in on_signal().
        while (into.noted.load(std::memory_order_acquire) != number &&
               std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(answer_look);
        }
    }
    // Release: pairs with the acquire in on_signal().
    into.asked.store(0, std::memory_order_release);
}

}  // namespace

std::vector<void*> sample_stack(thread_number of, std::chrono::milliseconds patience) {
    static std::mutex one_at_a_time;
    static std::uint64_t number = 0;
    const std::scoped_lock lock{one_at_a_time};
    sample& into = the_sample();
    std::vector<void*> stack;
    // Acquire: pairs with the release of `writing` in on_signal().
    if (into.writing.load(std::memory_order_acquire) || !hears_signal() ||
        !is_computing(thread_watch{of}, stack)) {
        return stack;
    }
    interrupt(of, into, ++number, patience);
    // Acquire: pairs with the release of `noted` in on_signal(), for the frames.
    if (into.noted.load(std::memory_order_acquire) == number) {
        stack.assign(into.frames.begin(),  // braces would make a list of two pointers
                     into.frames.begin() + static_cast<std::ptrdiff_t>(into.depth));
    }
    return stack;
}

}  // namespace coppice::platform
