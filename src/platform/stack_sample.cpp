// SPDX-License-Identifier: Apache-2.0

#include "platform/stack_sample.hpp"

#include <semaphore.h>
#include <signal.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <mutex>

namespace coppice::platform {
namespace {

constexpr std::size_t depth_max = 32;
// The unwinder sees the handler and the kernel's return trampoline before what was interrupted.
constexpr std::size_t own_frames = 2;

/// One at a time, and never destroyed: a thread that answers late still finds it.
struct sample {
    std::atomic<std::uint64_t> asked{0};  ///< The number of the sample that is wanted.
    std::atomic<pthread_t> whose{};       ///< And of which thread: another may be late.
    std::uint64_t noted = 0;              ///< Which one is in frames.
    std::size_t seen = 0;
    std::size_t depth = 0;
    std::array<void*, depth_max> frames{};
    std::atomic<bool> writing{false};
    sem_t done{};
};

sample& the_sample() {
    static auto* made = [] {
        auto* fresh = new sample;
        ::sem_init(&fresh->done, 0, 0);
        return fresh;
    }();
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
    const std::uint64_t wanted = into.asked.load(std::memory_order_acquire);
    const bool is_meant = ::pthread_equal(into.whose.load(), ::pthread_self()) != 0;
    if (wanted != 0 && is_meant && !into.writing.exchange(true, std::memory_order_acq_rel)) {
        into.seen = 0;
        into.depth = 0;
        _Unwind_Backtrace(&note_frame, &into);
        into.noted = wanted;
        into.writing.store(false, std::memory_order_release);
        ::sem_post(&into.done);
    }
    errno = before;
}

/// Whether the signal is ours; a program's own handler is left alone.
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
    wanted.sa_flags = SA_RESTART;
    ::sigemptyset(&wanted.sa_mask);
    return ::sigaction(SIGURG, &wanted, nullptr) == 0;
}

timespec deadline_after(std::chrono::milliseconds patience) {
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    const long long total = until.tv_nsec + std::chrono::nanoseconds{patience}.count();
    until.tv_sec += static_cast<time_t>(total / 1'000'000'000);
    until.tv_nsec = static_cast<long>(total % 1'000'000'000);
    return until;
}

}  // namespace

std::vector<void*> sample_stack(pthread_t of, std::chrono::milliseconds patience) {
    static std::mutex one_at_a_time;
    static std::uint64_t number = 0;
    const std::scoped_lock lock{one_at_a_time};
    sample& into = the_sample();
    if (!hears_signal() || into.writing.load(std::memory_order_acquire)) {
        return {};
    }
    while (::sem_trywait(&into.done) == 0) {
    }  // what came too late for its sample
    into.whose.store(of);
    into.asked.store(++number, std::memory_order_release);
    const timespec until = deadline_after(patience);
    std::vector<void*> stack;
    if (::pthread_kill(of, SIGURG) == 0) {
        int waited = 0;
        do {
            waited = ::sem_timedwait(&into.done, &until);
        } while (waited != 0 && errno == EINTR);
        if (waited == 0 && into.noted == number) {
            stack.assign(into.frames.begin(),  // braces would make a list of two pointers
                         into.frames.begin() + static_cast<std::ptrdiff_t>(into.depth));
        }
    }
    into.asked.store(0, std::memory_order_release);
    return stack;
}

}  // namespace coppice::platform
