// SPDX-License-Identifier: Apache-2.0
// The wait for the reply to a call.

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "coppice/address.hpp"
#include "coppice/detail/kernel.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// The receiver of a call: the process that was found at the address.
struct call_target {
    pid process;
    address to;
};
/// The address as errors tell it: a pid or a symbol.
exit_reason term_of(const address& to);
/// `{why, {behaviour, call, [target, request, timeout]}}`.
exit_reason failed_call(exit_reason why, const char* behaviour, const address& to,
                        std::string_view described, nanoseconds timeout);

/// A call that has not begun.
struct call_parts {
    owned_message request;
    call_target target;
    nanoseconds timeout;
};

class call_span;

/// Waits for a call's reply. Monitor, request and alias are one signal.
class call_wait : public timed_waiter {
  public:
    /// `described_by`: the type of the request, if errors describe the request by the type's name.
    call_wait(owned_message request, const address& to, nanoseconds timeout,
              const std::type_info* described_by = nullptr)
        : request_{std::move(request)},
          target_{to.whereis(), to},
          timeout_{timeout},
          described_by_{described_by} {}
    call_wait(owned_message request, call_target target, nanoseconds timeout);
    /// Removes the monitor at the server, even if the caller is killed while it waits.
    ~call_wait() override;

    bool await_ready() const noexcept { return false; }
    /// False: the call has failed already. Throws std::logic_error the second time.
    bool await_suspend(suspended here);
    /// For a wait for several calls, in place of an await. Throws std::logic_error as an await does.
    call_parts take_parts();

  protected:
    /// The reply, or null: then `failure()` tells the reason.
    owned_message take_reply() {
        if (owes_ != 0) [[unlikely]] {
            settle(true);
        }
        return std::move(reply_);
    }
    /// `{why, {behaviour, call, [target, request, timeout]}}`.
    exit_reason failure(const char* behaviour);
    /// `{why, {sys, function, [target, timeout]}}`.
    exit_reason failure_in_sys(const char* function);

  private:
    // Tasks for the end of the wait.
    static constexpr std::uint8_t monitors = 1;  ///< Remove the monitor of the server.
    static constexpr std::uint8_t spans = 2;     ///< Report the end to `span_`.
    void no_longer(std::uint8_t what) noexcept { owes_ = static_cast<std::uint8_t>(owes_ & ~what); }

    bool on_signal(signal& s) override;
    reply_effect on_reply(message_node& reply) noexcept override;
    void note_description();
    void begin_span() noexcept;
    void settle(bool caller_goes_on);
    void end_span(bool caller_goes_on) noexcept;

    owned_message request_;
    call_target target_;
    nanoseconds timeout_;
    const std::type_info* described_by_;  ///< Null: see `described_`.
    std::unique_ptr<const std::string> described_;
    std::uint8_t owes_ = 0;
    owned_message reply_;
    exit_reason why_{reason::timeout};  ///< Unless another signal comes first.
    call_span*
        span_;  ///< Not initialised unless `owes_` has `spans`: a call without a span pays nothing.
};

struct or_exit {};
struct or_error {};

[[noreturn]] void exit_with(exit_reason why);

/// The behaviour that the reason of a failed call names.
struct gen_server_call {
    static constexpr const char* behaviour = "gen_server";
};

/// The behaviour that failed calls of a server of class T name, and the default timeout. The header of another
/// behaviour specialises the template.
template <class T>
struct call_defaults {
    using named_by = gen_server_call;
    static constexpr nanoseconds timeout = std::chrono::seconds{5};
};

template <class R, class Policy, class Call = gen_server_call>
class [[nodiscard("co_await it")]] call_awaiter final : public call_wait {
  public:
    using call_wait::call_wait;
    using reply = R;
    using policy = Policy;

    auto await_resume() {
        constexpr bool exits = std::is_same_v<Policy, or_exit>;
        owned_message answered = take_reply();
        if constexpr (exits) {
            if (!answered) {
                exit_with(failure(Call::behaviour));
            }
            return unwrap(*answered);
        } else {
            using result = std::expected<R, exit_reason>;
            if (!answered) {
                return result{std::unexpected(failure(Call::behaviour))};
            }
            if constexpr (std::is_void_v<R>) {
                return result{};
            } else {
                return result{unwrap(*answered)};
            }
        }
    }

  private:
    static R unwrap(message_node& reply) {
        if constexpr (!std::is_void_v<R>) {
            return std::move(*static_cast<R*>(reply.type->payload(reply)));
        }
    }
};

}  // namespace coppice::detail

#pragma GCC visibility pop
