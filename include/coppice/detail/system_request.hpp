// SPDX-License-Identifier: Apache-2.0
// System messages: a server of any class answers system messages, even while suspended.

#pragma once

#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/detail/behaviour_body.hpp"
#include "coppice/detail/call_wait.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// `function` is the name of the `coppice::sys` function that sends the request.
struct system_request : message_node {
    explicit system_request(const char* f) noexcept : message_node{type_of}, function{f} {
        kind = signal_kind::call;
    }
    system_request(const system_request&) = delete;
    system_request& operator=(const system_request&) = delete;
    virtual ~system_request() = default;

    /// The answer. If the request throws, the answer holds an error.
    virtual owned_message carry_out(behaviour_body& by) = 0;

    static void destroy_node(message_node* node) noexcept;
    static std::string describe_node(const message_node& node);
    static void* payload_of(message_node& node) noexcept;
    static const std::type_info* described_by_of(const message_node& node) noexcept;
    static const std::type_info* carried_of(const message_node& node) noexcept;
    static const message_type type_of;

    const char* function;
};

/// `{callback_failed, {gen_server, callback}, {error | exit, why}}`, with the behaviour of `by`.
exit_reason callback_failed(const behaviour_body& by, const char* callback,
                            const std::exception_ptr& thrown);
/// `{wrong_class, asked, served}`.
exit_reason wrong_class(const std::type_info& asked, const std::type_info& served);

/// The content of the answer to a request for `R`.
template <class R>
using system_answer = std::expected<R, exit_reason>;

/// `work(server)` returns a `system_answer<R>`. An exception from `work` counts as a failure of `callback`.
template <class R, class Work>
struct system_command final : system_request, pooled {
    system_command(const char* f, const char* c, Work w)
        : system_request{f}, callback{c}, work{std::move(w)} {}

    owned_message carry_out(behaviour_body& by) override {
        system_answer<R> answer = [&]() -> system_answer<R> {
            try {
                return work(by);
            } catch (...) {
                return std::unexpected{callback_failed(by, callback, std::current_exception())};
            }
        }();
        return owned_message{
            with_reserve([&] { return new value_message<system_answer<R>>(std::move(answer)); })};
    }

    const char* callback;
    Work work;
};

/// Waits for the answer to a system message.
template <class R, class Policy>
class [[nodiscard("co_await it")]] system_awaiter final : public call_wait {
  public:
    template <class Work>
    system_awaiter(call_target target, nanoseconds timeout, const char* function,
                   const char* callback, Work work)
        : call_wait{owned_message{new system_command<R, Work>(function, callback, std::move(work))},
                    std::move(target), timeout},
          function_{function} {}

    auto await_resume() {
        const owned_message reply = take_reply();
        if constexpr (std::is_same_v<Policy, or_error>) {
            return reply ? std::move(answer_in(*reply))
                         : system_answer<R>{std::unexpected{failure_in_sys(function_)}};
        } else {
            if (!reply) {
                exit_with(failure_in_sys(function_));
            }
            system_answer<R>& answer = answer_in(*reply);
            if (!answer) {
                exit_with(std::move(answer.error()));
            }
            if constexpr (!std::is_void_v<R>) {
                return R{std::move(*answer)};
            }
        }
    }

  private:
    static system_answer<R>& answer_in(message_node& reply) {
        return *static_cast<system_answer<R>*>(reply.type->payload(reply));
    }

    const char* function_;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
