// SPDX-License-Identifier: Apache-2.0

#include "platform/termination_signals.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <utility>

#include "platform/guarded.hpp"

namespace coppice::platform {

/// The state that the handler writes. The handler may run in any thread at any time, so listeners
/// are type-stable memory: reused, but never freed.
struct termination_signals::listener {
    std::atomic<unsigned> count{0};
    std::atomic<int> last{0};
    std::atomic<unsigned> hangups{0};
    std::atomic<bool> hears_hangups{false};
    std::atomic<bool> used{false};
    sem_t posted{};
    listener* next = nullptr;  ///< Written before the listener is published.
};

namespace {

using listener = termination_signals::listener;

constexpr std::array<int, 3> watched{SIGINT, SIGTERM, SIGHUP};

std::atomic<listener*> listeners{nullptr};
std::atomic<pid_t> owner{0};      ///< The OS process with the handlers; not a child of fork.
std::atomic<unsigned> inside{0};  ///< Number of threads in the handler.

mutex dispositions;
std::array<unsigned, watched.size()> users COPPICE_GUARDED_BY(dispositions){};
/// Written with `dispositions` locked and no handler installed. The handlers read it without a lock.
std::array<struct sigaction, watched.size()> before{};
std::array<bool, watched.size()> is_installed COPPICE_GUARDED_BY(dispositions){};

std::size_t place_of(int signal) noexcept {
    return static_cast<std::size_t>(std::ranges::find(watched, signal) - watched.begin());
}

void note(listener& hears, int signal) {
    if (signal != SIGHUP) {
        hears.last.store(signal, std::memory_order_relaxed);
        // Release: pairs with the acquire in count(), for `last`.
        hears.count.fetch_add(1, std::memory_order_release);
    } else if (hears.hears_hangups.load(std::memory_order_relaxed)) {
        // Release: pairs with the acquire in count_of_hangups().
        hears.hangups.fetch_add(1, std::memory_order_release);
    } else {
        return;
    }
    ::sem_post(&hears.posted);
}

void on_signal(int signal) {
    const int error = errno;
    if (::getpid() != owner.load(std::memory_order_relaxed)) {
        // A child of fork has neither the threads of the runtime nor a waiting thread. The
        // signal is blocked in this handler, so the raised signal arrives after the return,
        // with the disposition from before.
        ::sigaction(signal, &before[place_of(signal)], nullptr);
        ::raise(signal);
        errno = error;
        return;
    }
    // Dekker with release(). The acquire of `listeners` pairs with the release in claim().
    inside.fetch_add(1, std::memory_order_seq_cst);
    for (listener* each = listeners.load(std::memory_order_acquire); each != nullptr;
         each = each->next) {
        // Dekker: `inside` is incremented, then `used` is read, see release().
        if (each->used.load(std::memory_order_seq_cst)) {
            note(*each, signal);
        }
    }
    // Release: pairs with the read of `inside` in release().
    inside.fetch_sub(1, std::memory_order_release);
    errno = error;
}

/// Installs the handler after the listener is in place, so that every signal finds the listener.
void install(std::size_t place) COPPICE_REQUIRES(dispositions) {
    owner.store(::getpid(), std::memory_order_relaxed);
    struct sigaction wanted{};
    wanted.sa_handler = &on_signal;
    wanted.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigemptyset(&wanted.sa_mask);
    for (const int signal : watched) {
        ::sigaddset(&wanted.sa_mask, signal);
    }
    ::sigaction(watched[place], nullptr, &before[place]);
    is_installed[place] = before[place].sa_handler != SIG_IGN;
    if (is_installed[place]) {
        ::sigaction(watched[place], &wanted, nullptr);
    }
}

void restore(std::size_t place) COPPICE_REQUIRES(dispositions) {
    struct sigaction present{};
    ::sigaction(watched[place], nullptr, &present);
    if (is_installed[place] && present.sa_handler == &on_signal) {
        ::sigaction(watched[place], &before[place], nullptr);
    }
}

/// Whether a listener with or without hangups wants the signal at that place of `watched`.
bool is_wanted(std::size_t place, bool with_hangups) noexcept {
    return with_hangups || watched[place] != SIGHUP;
}

void begin_use(bool with_hangups) COPPICE_REQUIRES(dispositions) {
    for (std::size_t i = 0; i < watched.size(); ++i) {
        if (is_wanted(i, with_hangups) && users[i]++ == 0) {
            install(i);
        }
    }
}

void end_use(bool with_hangups) COPPICE_REQUIRES(dispositions) {
    for (std::size_t i = 0; i < watched.size(); ++i) {
        if (is_wanted(i, with_hangups) && --users[i] == 0) {
            restore(i);
        }
    }
}

/// Gives up a listener, and waits until no handler uses the listener. Dekker: this function
/// clears `used` and then reads `inside`; the handler increments `inside` and then reads `used`.
/// All four are sequentially consistent. The decrement of `inside` by the handler is a release and
/// pairs with the read here.
void release(listener& old) noexcept {
    old.used.store(false, std::memory_order_seq_cst);
    while (inside.load(std::memory_order_seq_cst) != 0) {
        std::this_thread::yield();
    }
}

/// Drops the listeners and handlers of the parent, in a child of fork that begins anew.
void forget_parent() noexcept COPPICE_REQUIRES(dispositions) {
    if (users[0] == 0 || owner.load(std::memory_order_relaxed) == ::getpid()) {
        return;
    }
    for (std::size_t i = 0; i < watched.size(); ++i) {
        if (std::exchange(users[i], 0) != 0) {
            restore(i);
        }
    }
    inside.store(0, std::memory_order_relaxed);
    // Acquire: pairs with the release at the end of claim().
    for (listener* each = listeners.load(std::memory_order_acquire); each != nullptr;
         each = each->next) {
        each->used.store(false, std::memory_order_relaxed);
    }
}

/// An unused listener, or a new one.
listener* claim(bool hears_hangups) {
    // Acquire: pairs with the release at the end.
    for (listener* each = listeners.load(std::memory_order_acquire); each != nullptr;
         each = each->next) {
        // Acquire: pairs with the store of `used` in release().
        if (!each->used.load(std::memory_order_acquire)) {
            while (::sem_trywait(&each->posted) == 0) {
            }
            each->count.store(0, std::memory_order_relaxed);
            each->last.store(0, std::memory_order_relaxed);
            each->hangups.store(0, std::memory_order_relaxed);
            each->hears_hangups.store(hears_hangups, std::memory_order_relaxed);
            // Release: pairs with the read of `used` in on_signal().
            each->used.store(true, std::memory_order_release);
            return each;
        }
    }
    auto* const fresh = new listener;
    ::sem_init(&fresh->posted, 0, 0);
    fresh->hears_hangups.store(hears_hangups, std::memory_order_relaxed);
    fresh->used.store(true, std::memory_order_relaxed);
    fresh->next = listeners.load(std::memory_order_relaxed);
    // Release: pairs with the acquires of `listeners` here and in on_signal().
    listeners.store(fresh, std::memory_order_release);
    return fresh;
}

/// The calling thread accepts the watched signals during the life of the object.
class taking_signals {
  public:
    explicit taking_signals(bool with_hangups) noexcept {
        sigset_t taken;
        ::sigemptyset(&taken);
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (is_wanted(i, with_hangups)) {
                ::sigaddset(&taken, watched[i]);
            }
        }
        ::pthread_sigmask(SIG_UNBLOCK, &taken, &mask_before_);
    }
    taking_signals(const taking_signals&) = delete;
    taking_signals& operator=(const taking_signals&) = delete;
    ~taking_signals() { ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr); }

  private:
    sigset_t mask_before_{};
};

}  // namespace

termination_signals::termination_signals(hangups wanted) {
    const bool hears_hangups = wanted == hangups::are_heard;
    const scoped_lock lock{dispositions};
    forget_parent();
    listener_ = claim(hears_hangups);
    begin_use(hears_hangups);
}

termination_signals::~termination_signals() {
    const scoped_lock lock{dispositions};
    end_use(listener_->hears_hangups.load(std::memory_order_relaxed));
    release(*listener_);
}

void termination_signals::wait() noexcept {
    const taking_signals meanwhile{listener_->hears_hangups.load(std::memory_order_relaxed)};
    while (::sem_wait(&listener_->posted) != 0 && errno == EINTR) {
    }
}

unsigned termination_signals::count() const noexcept {
    // Acquire: pairs with the release in note().
    return listener_->count.load(std::memory_order_acquire);
}

int termination_signals::last() const noexcept {
    return listener_->last.load(std::memory_order_relaxed);
}

unsigned termination_signals::count_of_hangups() const noexcept {
    // Acquire: pairs with the release in note().
    return listener_->hangups.load(std::memory_order_acquire);
}

void termination_signals::wake() noexcept {
    ::sem_post(&listener_->posted);
}

const char* name_of_signal(int number) noexcept {
    return number == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace coppice::platform
