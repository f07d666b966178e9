// SPDX-License-Identifier: Apache-2.0

#include "platform/abort_hook.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <mutex>

namespace coppice::platform {
namespace {

struct hook {
    void (*run)(void*) = nullptr;
    void* about = nullptr;
    std::atomic<bool> is_set{false};
};

constexpr std::size_t hooks_max = 16;
std::array<hook, hooks_max> hooks;
std::mutex hooks_mutex;
/// State of the hooks, or the number of the thread that runs them. The hooks run once.
constexpr long hooks_wait = 0;
constexpr long hooks_have_run = -1;
std::atomic<long> running_on{hooks_wait};
struct sigaction previous_action;

long this_thread() noexcept {
    return ::syscall(SYS_gettid);
}

/// Waits until no other thread runs the hooks, at most for so many milliseconds.
void wait_for_hooks(int at_most) noexcept {
    constexpr timespec a_moment{0, 1'000'000};
    for (; at_most > 0; --at_most) {
        const long now = running_on.load();
        if (now == hooks_wait || now == hooks_have_run || now == this_thread()) {
            return;
        }
        ::nanosleep(&a_moment, nullptr);
    }
}

void on_abort(int signal, siginfo_t* info, void* context) {
    constexpr int patience = 10'000;
    long nobody = hooks_wait;
    if (running_on.compare_exchange_strong(nobody, this_thread())) {
        for (hook& each : hooks) {
            // Dekker: `running_on` is set, then `is_set` is read; ~abort_hook() clears `is_set`
            // and then reads `running_on`. Pairs with the release in abort_hook().
            if (each.is_set.load(std::memory_order_seq_cst)) {
                each.run(each.about);
            }
        }
        running_on.store(hooks_have_run);
    } else {
        wait_for_hooks(patience);  // the abort of this thread would cut the hooks off
    }
    if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
        previous_action.sa_sigaction(signal, info, context);
    } else if (previous_action.sa_handler == SIG_DFL) {
        // abort() raises the signal again with the default action, but raise() and a service
        // manager's watchdog do not: the handler does so here.
        ::sigaction(SIGABRT, &previous_action, nullptr);
        ::raise(signal);  // delivered when the handler returns
    } else if (previous_action.sa_handler != SIG_IGN) {
        previous_action.sa_handler(signal);
    }
}

void install() noexcept {
    struct sigaction ours{};
    ours.sa_sigaction = &on_abort;
    ours.sa_flags = SA_SIGINFO;
    sigemptyset(&ours.sa_mask);
    ::sigaction(SIGABRT, &ours, &previous_action);
}

}  // namespace

abort_hook::abort_hook(void (*run)(void*), void* about) noexcept : place_{hooks_max} {
    const std::scoped_lock lock{hooks_mutex};
    static bool installed = false;
    if (!installed) {
        install();
        installed = true;
    }
    for (std::size_t i = 0; i < hooks_max && place_ == hooks_max; ++i) {
        if (!hooks[i].is_set.load(std::memory_order_relaxed)) {
            hooks[i].run = run;
            hooks[i].about = about;
            // Release: pairs with the read of `is_set` in on_abort().
            hooks[i].is_set.store(true, std::memory_order_release);
            place_ = i;
        }
    }
}

abort_hook::~abort_hook() {
    const std::scoped_lock lock{hooks_mutex};
    if (place_ < hooks_max) {
        // Dekker with on_abort().
        hooks[place_].is_set.store(false, std::memory_order_seq_cst);
        wait_for_hooks(INT_MAX);  // running hooks may still read `about`
    }
}

plain_file::plain_file(const char* path) noexcept
    : descriptor_{::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)},
      ok_{descriptor_ >= 0} {}

plain_file::~plain_file() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

void plain_file::write(std::string_view text) noexcept {
    while (ok_ && !text.empty()) {
        const ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            ok_ = false;
        }
    }
}

}  // namespace coppice::platform
