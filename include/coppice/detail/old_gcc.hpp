// SPDX-License-Identifier: Apache-2.0
// Guards against coroutine bugs of g++ before 13, as far as a header can detect any: docs/guide/gcc-12.md.
//
//   1. Some temporaries of an expression with `co_await` are destroyed twice. Refused at compile time where
//      possible.
//   2. The temporary of a condition, as in `if (co_await f())`, is put in front of the coroutine's frame if
//      no variable comes before the condition. The coroutine is then resumed with an address that is not the
//      address of its frame. Refused when the coroutine is called.

#pragma once

#include <coroutine>
#include <cstddef>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace coppice::detail {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool is_old_gcc = true;
#else
inline constexpr bool is_old_gcc = false;
#endif

/// Whether an argument `T&&` is safe with g++ 12 if co_await is part of the expression. A moved variable
/// looks like a temporary, and counts as one.
template <class T>
constexpr bool survives_co_await() {
    using plain = std::remove_cvref_t<T>;
    return !is_old_gcc || std::is_lvalue_reference_v<T> ||
           std::is_trivially_destructible_v<plain> || !std::is_aggregate_v<plain>;
}
/// The same for a function. A lambda with captures is no aggregate, but has the same problem.
template <class F>
constexpr bool function_survives_co_await() {
    return !is_old_gcc || std::is_lvalue_reference_v<F> ||
           std::is_trivially_destructible_v<std::remove_cvref_t<F>>;
}

// Used where the result is usually awaited, or where an awaitable takes the result: starts, children,
// reasons, and the arguments of spawn. Not used for functions without a result, such as send: plain handlers
// build messages in place, and a function cannot see whether the calling expression has a co_await.

template <class... Args>
constexpr void require_safe_arguments() {
    static_assert((survives_co_await<Args>() && ...),
                  "g++ 12 destroys this temporary twice if co_await is in the expression: give the "
                  "argument a name first, `const config c{...}; start<server>(c)`, or its class a "
                  "constructor; docs/guide/gcc-12.md");
}
template <class F>
constexpr void require_safe_function() {
    static_assert(function_survives_co_await<F>(),
                  "g++ 12 destroys the captures of a temporary lambda twice if co_await is in the "
                  "expression: capture by reference, or name the lambda or the clause first and "
                  "pass it as an lvalue; docs/guide/gcc-12.md");
}

/// The last frame that was allocated on this thread.
struct frame_bounds {
    const char* begin = nullptr;
    std::size_t size = 0;
};
extern constinit thread_local frame_bounds newest_frame;

/// Throws std::logic_error.
[[noreturn]] void refuse_shifted_frame();

/// To be called before a coroutine runs. Throws std::logic_error.
[[gnu::always_inline]] inline void require_frame_as_allocated(std::coroutine_handle<> coroutine) {
    if constexpr (is_old_gcc) {
        const auto* const at = static_cast<const char*>(coroutine.address());
        const frame_bounds newest = std::exchange(newest_frame, {});
        // The newest frame may be another one: the frame of a coroutine that was called to copy an argument.
        if (at > newest.begin && at < newest.begin + newest.size) {
            refuse_shifted_frame();
        }
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
