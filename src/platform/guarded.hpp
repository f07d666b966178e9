// SPDX-License-Identifier: Apache-2.0
// A mutex and locks with annotations: clang's -Wthread-safety refuses an access to a guarded member without the
// mutex. The standard mutex has no annotations. For other compilers the annotations are empty.
//
//     platform::mutex mutex_;
//     bool stopping_ COPPICE_GUARDED_BY(mutex_) = false;
//
// The condition of a condition variable is a separate function for the compiler, and declares the held lock:
// `changed_.wait(lock.native(), [&]() COPPICE_REQUIRES(mutex_) { return stopping_; });`
//
// Cost       The cost of std::mutex and std::unique_lock.

#pragma once

#include <mutex>

#if defined(__clang__)
#define COPPICE_ANALYSED(what) __attribute__((what))
#else
#define COPPICE_ANALYSED(what)
#endif

/// For a class of locks; messages of the compiler use `name`.
#define COPPICE_CAPABILITY(name) COPPICE_ANALYSED(capability(name))
/// For a class with a lock in the constructor and an unlock in the destructor.
#define COPPICE_SCOPED_CAPABILITY COPPICE_ANALYSED(scoped_lockable)
/// For a member: reads and writes need the lock.
#define COPPICE_GUARDED_BY(lock) COPPICE_ANALYSED(guarded_by(lock))
/// For a function: the caller holds the locks.
#define COPPICE_REQUIRES(...) COPPICE_ANALYSED(requires_capability(__VA_ARGS__))
/// For a function: the caller does not hold the locks.
#define COPPICE_EXCLUDES(...) COPPICE_ANALYSED(locks_excluded(__VA_ARGS__))
/// For a function: takes the locks, or without an argument the object.
#define COPPICE_ACQUIRE(...) COPPICE_ANALYSED(acquire_capability(__VA_ARGS__))
/// For a function: releases the locks.
#define COPPICE_RELEASE(...) COPPICE_ANALYSED(release_capability(__VA_ARGS__))
/// For a function: takes the locks if the result is the first argument.
#define COPPICE_TRY_ACQUIRE(...) COPPICE_ANALYSED(try_acquire_capability(__VA_ARGS__))

namespace coppice::platform {

/// As std::mutex.
class COPPICE_CAPABILITY("mutex") mutex {
  public:
    mutex() = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    void lock() COPPICE_ACQUIRE() { native_.lock(); }
    bool try_lock() noexcept COPPICE_TRY_ACQUIRE(true) { return native_.try_lock(); }
    void unlock() noexcept COPPICE_RELEASE() { native_.unlock(); }

  private:
    friend class unique_lock;
    std::mutex native_;
};

/// As std::scoped_lock of one lock.
template <class Lock>
class COPPICE_SCOPED_CAPABILITY scoped_lock {
  public:
    explicit scoped_lock(Lock& held) COPPICE_ACQUIRE(held) : held_{held} { held_.lock(); }
    scoped_lock(const scoped_lock&) = delete;
    scoped_lock& operator=(const scoped_lock&) = delete;
    ~scoped_lock() COPPICE_RELEASE() { held_.unlock(); }

  private:
    Lock& held_;
};

/// As std::unique_lock: can be released before its end, and waits for a condition variable.
class COPPICE_SCOPED_CAPABILITY unique_lock {
  public:
    explicit unique_lock(mutex& held) COPPICE_ACQUIRE(held) : held_{held.native_} {}
    unique_lock(const unique_lock&) = delete;
    unique_lock& operator=(const unique_lock&) = delete;
    ~unique_lock() COPPICE_RELEASE() {}

    void lock() COPPICE_ACQUIRE() { held_.lock(); }
    void unlock() COPPICE_RELEASE() { held_.unlock(); }
    /// For a condition variable, which releases the lock while it waits.
    std::unique_lock<std::mutex>& native() noexcept { return held_; }

  private:
    std::unique_lock<std::mutex> held_;
};

}  // namespace coppice::platform
