// SPDX-License-Identifier: Apache-2.0
// What g++ before 13 gets wrong in coroutines, as far as it can be seen: docs/guide/gcc-12.md.
//
// It destroys some temporaries of an expression with `co_await` twice. And it puts the temporary of a
// condition, as in `if (co_await f())`, in front of the coroutine's frame if no variable comes before it: the
// coroutine then is resumed with an address that is not its frame's. The first is refused when compiling where
// it can be, the second when the coroutine is called.

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

/// Whether g++ 12 does no harm to what a function got as a `T&&` if co_await is part of the expression.
/// A moved variable looks like a temporary, and is taken for one.
template <class T>
constexpr bool survives_co_await() {
    using plain = std::remove_cvref_t<T>;
    return !is_old_gcc || std::is_lvalue_reference_v<T> ||
           std::is_trivially_destructible_v<plain> || !std::is_aggregate_v<plain>;
}
/// The same of a function. A lambda with captures is no aggregate, and suffers likewise.
template <class F>
constexpr bool function_survives_co_await() {
    return !is_old_gcc || std::is_lvalue_reference_v<F> ||
           std::is_trivially_destructible_v<std::remove_cvref_t<F>>;
}

// Where the result is awaited as a rule, or what is awaited takes it: starts, children, reasons, and
// spawn for its arguments. Not where nothing is returned, as by send: plain handlers write messages in
// place, and no function sees whether co_await is in the expression that calls it.

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

/// The frame that was allocated last on this thread.
struct frame_bounds {
    const char* begin = nullptr;
    std::size_t size = 0;
};
extern constinit thread_local frame_bounds newest_frame;

/// Throws std::logic_error.
[[noreturn]] void refuse_shifted_frame();

/// Before a coroutine runs. Throws std::logic_error.
[[gnu::always_inline]] inline void require_frame_as_allocated(std::coroutine_handle<> coroutine) {
    if constexpr (is_old_gcc) {
        const auto* const at = static_cast<const char*>(coroutine.address());
        const frame_bounds newest = std::exchange(newest_frame, {});
        // Another frame may be the newest: of a coroutine that was called to copy an argument.
        if (at > newest.begin && at < newest.begin + newest.size) {
            refuse_shifted_frame();
        }
    }
}

}  // namespace coppice::detail

#pragma GCC visibility pop
