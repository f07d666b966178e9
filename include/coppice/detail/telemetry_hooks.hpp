// SPDX-License-Identifier: Apache-2.0
// The functions behind the templates of telemetry.hpp. Not a public interface.

#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/receive.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The number of attached ids in all runtimes, plus the number of runtimes in which a process has had a
/// context. While the sum is 0, telemetry costs one load.
extern constinit std::atomic<std::uint32_t> telemetry_in_use;

inline bool uses_telemetry() noexcept {
    return telemetry_in_use.load(std::memory_order_relaxed) != 0;
}

/// One of the functions attached under an id.
struct telemetry_clause {
    const std::type_info* event;
    callback<void(const void*)> handle;
};
using telemetry_clauses = std::vector<telemetry_clause>;

template <class F>
telemetry_clause telemetry_clause_of(F handler) {
    static_assert(takes_one_message<F>,
                  "a handler of telemetry is a function, or an object with one call operator, that "
                  "takes one event and names its type (not auto)");
    using event = typename clause_traits<F>::message;
    static_assert(std::is_invocable_v<const F&, const event&>,
                  "a handler of telemetry runs on several threads at once: it is const (no mutable "
                  "lambda), and takes its event by const reference");
    static_assert(!is_a_task<std::invoke_result_t<const F&, const event&>>,
                  "a handler of telemetry is no coroutine: the task would never be awaited");
    return {&typeid(event), [kept = std::move(handler)](const void* happened) {
                static_cast<void>(std::as_const(kept)(*static_cast<const event*>(happened)));
            }};
}

template <class... Handlers>
telemetry_clauses telemetry_clauses_of(Handlers... handlers) {
    static_assert(sizeof...(Handlers) > 0, "telemetry::attach takes at least one handler");
    telemetry_clauses out;
    out.reserve(sizeof...(Handlers));
    (out.push_back(telemetry_clause_of(std::move(handlers))), ...);
    return out;
}

class telemetry_hub;
void attach_telemetry(std::string id, telemetry_clauses clauses);
void attach_telemetry(runtime& world, std::string id, telemetry_clauses clauses);
/// Null if no runtime is known, because the caller is dead.
std::weak_ptr<telemetry_hub> telemetry_hub_here();
std::weak_ptr<telemetry_hub> telemetry_hub_of(runtime& world);
bool detach_telemetry(const std::weak_ptr<telemetry_hub>& from, std::string_view id) noexcept;

void execute_telemetry(const std::type_info& event, const void* happened) noexcept;

/// A span around code of the caller, from construction to destruction. The span ends as a success if
/// `succeed` was called.
class open_span {
  public:
    explicit open_span(std::string_view name) {
        if (uses_telemetry()) {
            begin(name);
        }
    }
    open_span(const open_span&) = delete;
    open_span& operator=(const open_span&) = delete;
    ~open_span() {
        if (state_ != nullptr) {
            end();
        }
    }
    void succeed() noexcept { succeeded_ = true; }
    /// Records the exception that ends the span.
    void fail(const std::exception_ptr& error) noexcept;

  private:
    struct state;
    void begin(std::string_view name) noexcept;
    void end() noexcept;

    state* state_ = nullptr;
    bool succeeded_ = false;
};

template <class R, class F>
task<R> span_of_task(std::string name, F f) {
    open_span running{name};
    try {
        task<R> work = f();
        if constexpr (std::is_void_v<R>) {
            co_await work;
            running.succeed();
        } else {
            R result = co_await work;
            running.succeed();
            co_return result;
        }
    } catch (...) {
        running.fail(std::current_exception());
        throw;
    }
}

template <class F>
std::invoke_result_t<F&> span_of_function(std::string_view name, F& f) {
    open_span running{name};
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
            f();
            running.succeed();
        } else {
            std::invoke_result_t<F&> result = f();
            running.succeed();
            return std::forward<std::invoke_result_t<F&>>(result);
        }
    } catch (...) {
        running.fail(std::current_exception());
        throw;
    }
}

template <class R>
struct awaited_by_span;
template <class R>
struct awaited_by_span<task<R>> {
    using type = R;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
