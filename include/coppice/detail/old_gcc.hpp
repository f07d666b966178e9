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
#include <utility>

#pragma GCC visibility push(default)

namespace coppice::detail {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool is_old_gcc = true;
#else
inline constexpr bool is_old_gcc = false;
#endif

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
