// SPDX-License-Identifier: Apache-2.0
// The signals that are no messages. Each struct gives the meaning of `flag` and `tag` of the base.

#pragma once

#include <memory>
#include <string>
#include <utility>

#include "coppice/detail/kernel.hpp"
#include "coppice/detail/reply.hpp"

namespace coppice::process_layer {

/// `exit`: exit(pid, why); flag: as if the receiver's parent had sent the signal. `link_exit`: the linked
/// process `from` has ended with why.
struct exit_signal final : detail::control_signal {
    exit_signal(detail::signal_kind k, exit_reason w) noexcept
        : control_signal{k}, why{std::move(w)} {}
    exit_reason why;
};

/// `link`, `unlink` and `unlink_ack` (tag), `demonitor` (tag). No fields but the base's.
struct plain_signal final : detail::control_signal {
    using control_signal::control_signal;
};

/// `monitor`: the process `from` monitors with tag. flag: the down signal goes to a wait, not to the mailbox.
struct monitor_signal final : detail::control_signal {
    explicit monitor_signal(detail::name_if_any n) noexcept
        : control_signal{detail::signal_kind::monitor}, name{std::move(n)} {}
    detail::name_if_any name;
};

/// `timeout`: the timer of tag is due. The signal is part of that timer, so a due timer needs no memory.
struct timeout_signal : detail::signal {
    timeout_signal() noexcept : signal{detail::signal_kind::timeout} {}
    virtual ~timeout_signal() = default;
};

/// The questions of the runtime to a process, with the type of the answer.
enum class inquiry : std::uint8_t {
    alive,              ///< bool.
    information,        ///< std::vector<process_information>; empty: the process has ended.
    whole_information,  ///< Likewise, with the messages in the mailbox counted.
    messages,           ///< served_messages: the messages that the process takes as text.
    origin,             ///< std::optional<origin>.
    first_of_line,      ///< pid.
};

/// `request`: an inquiry. The answer goes to `from`, as a reply with tag. The asking process
/// allocates the reply, so neither a living nor a dead receiver needs memory to answer.
struct request_signal final : detail::signal, detail::pooled {
    request_signal(inquiry a, detail::owned_message blank) noexcept
        : signal{detail::signal_kind::request},
          about{a},
          reply{detail::as_reply(std::move(blank))} {
        reply->flag = true;
    }
    /// Whether the answer is independent of state that a handler may be changing.
    bool is_of_birth() const noexcept {
        return about == inquiry::messages || about == inquiry::first_of_line;
    }
    /// The value of `reply`, which the receiver fills in. A dead receiver leaves the value blank.
    template <class Answer>
    Answer& blank() noexcept {
        return *static_cast<Answer*>(reply->type->payload(*reply));
    }

    inquiry about;
    detail::owned_message
        reply;  ///< flag: the value is the answer. Else there was no memory for the answer.
};

/// Whether the signal counts for the bound of a mailbox: a message of a program, or a request of one.
inline bool takes_a_place(const detail::signal& s) noexcept {
    if (s.kind != detail::signal_kind::message && s.kind != detail::signal_kind::call) {
        return false;
    }
    const detail::message_role role = static_cast<const detail::message_node&>(s).type->role;
    const bool is_result = s.kind == detail::signal_kind::message && s.to_monitor;
    return !is_result &&
           (role == detail::message_role::ordinary || role == detail::message_role::request);
}

/// Whether the destruction of the signal may run user code.
bool may_hold_value(const detail::signal& s) noexcept;

}  // namespace coppice::process_layer
