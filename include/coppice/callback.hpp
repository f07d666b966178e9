// SPDX-License-Identifier: Apache-2.0
// A replacement for std::function whose header is cheap: <functional> makes a fifth of all lines
// that a program reads of Coppice. An empty callback converts to false and may not be called. Copies
// share the function object.
//
// Threads    As the function object: a callback of a const member runs on the thread of the member's caller.
// Blocking   A call blocks as long as the function object.
// Ownership  Copies share the function object. The last copy destroys it.
// Errors     An exception of the function object propagates to the caller. A call of an empty callback aborts.
// Cost       Construction allocates once, a copy increments a count, and a call is one virtual call.

#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "coppice/detail/contract.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Only the specialisation for a function signature exists: `callback<void(int)>`.
template <class Signature>
class callback;

/// A function object that takes `Args` and returns `R`.
template <class R, class... Args>
class callback<R(Args...)> {
  public:
    /// Empty.
    callback() noexcept = default;
    /// Empty, and so is a callback of a null function pointer or of an empty std::function.
    callback(std::nullptr_t) noexcept {}
    /// Holds a copy of the function object, or the object itself if moved.
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, callback> &&
                 std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
    callback(F&& called) {
        if (!is_null(called)) {
            held_ = std::make_shared<holder<std::decay_t<F>>>(std::forward<F>(called));
        }
    }

    /// Whether the callback may be called.
    explicit operator bool() const noexcept { return held_ != nullptr; }
    /// Precondition: the callback is not empty.
    R operator()(Args... args) const {
        COPPICE_EXPECTS(held_ != nullptr, "ask whether the callback is empty before it is called");
        return held_->call(std::forward<Args>(args)...);
    }

  private:
    struct base {
        base() = default;
        base(const base&) = delete;
        base& operator=(const base&) = delete;
        virtual ~base() = default;
        virtual R call(Args... args) = 0;
    };
    template <class F>
    struct holder final : base {
        template <class Given>
        explicit holder(Given&& given) : called(std::forward<Given>(given)) {}
        R call(Args... args) override {
            if constexpr (std::is_void_v<R>) {
                called(std::forward<Args>(args)...);
            } else {
                return called(std::forward<Args>(args)...);
            }
        }
        F called;
    };

    /// True for a null function pointer or an empty std::function.
    template <class F>
    static bool is_null(const F& called) noexcept {
        if constexpr (std::is_pointer_v<F>) {
            return called == nullptr;
        } else if constexpr (requires { called == nullptr; } &&
                             !std::is_convertible_v<F, R (*)(Args...)>) {
            return called == nullptr;
        } else {
            return false;
        }
    }

    std::shared_ptr<base> held_;
};

}  // namespace coppice

#pragma GCC visibility pop
