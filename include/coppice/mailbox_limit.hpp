// SPDX-License-Identifier: Apache-2.0
// A limit on the mailbox of a process. By default a mailbox has no limit, as in OTP.
//
//     start_link<cache>(named("cache").mailbox({.limit = 1000, .high_water = 800}))
//     child<cache>().mailbox({.limit = 1000, .policy = mailbox_policy::wait})
//     spawn(mailbox_limit{.limit = 10, .policy = mailbox_policy::drop_oldest}, pulse)
//
//     one message too many   wait             refuse          drop_newest     drop_oldest        end
//     send, cast             is taken, the    is lost         is lost         is taken, the      is lost, the
//                            sender waits                                     oldest is lost     process ends
//     try_send, try_cast     full             full            dropped         sent               sent
//     call                   is taken, the    mailbox_full    mailbox_full    is taken, a lost   the process's
//                            caller waits                                     call: mailbox_full reason
//     send of a timer        is taken         is lost         is lost         as send            as send
//     send of a thread       the thread       is lost         is lost         as send            as send
//                            waits
//
// Only messages, casts and calls are refused or dropped. Never: links, monitors, exit signals and their messages,
// replies, responses, results of tasks, timeouts, and the system messages of sys.hpp. Such messages count while
// they are in the mailbox.
//
// A process that waits goes on until its next `co_await` or the end of its handler, and has no further turn until
// there is room, the receiver ends, or an exit signal comes. So a mailbox is over its limit by no more than the
// senders send in one turn each. A process never waits for itself, and no ring of waiting processes forms: the
// sender that would close the ring goes on. `drop_oldest` drops in the receiver's next turn; until then at most
// twice the limit wait, and further messages are dropped instead.
//
// Threads    The senders may be on any thread. A thread of the program waits in `runtime::send`, but not before
//            the runtime has started, and not in a simulation: there the message is taken.
// Blocking   Only `runtime::send` to a full mailbox of the policy `wait`, see Threads.
// Ownership  A message that is refused stays with a sender that asks by `try_send`. Each other lost message is destroyed.
// Errors     A wrong limit throws `badarg_error` where it is used.
// Cost       A send to a process without a limit costs one comparison more. A send to a process with a limit
//            looks the limit up under a lock, and so does each intake and each rest of the process.
// Today      No limit for a process of another node: its messages count when they arrive here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)

namespace coppice {

/// What happens to one message more than the limit, see the table above.
enum class mailbox_policy : std::uint8_t {
    wait,         ///< The sender waits for room.
    refuse,       ///< The sender keeps the message, if it asks by `try_send`.
    drop_newest,  ///< The message is dropped.
    drop_oldest,  ///< The message is taken, and the oldest one is dropped.
    end,          ///< The process ends with `mailbox_full`, whether or not it traps exits.
};
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(mailbox_policy policy) noexcept;

/// The limit of a mailbox. `badarg_error` where it is used, unless `limit` is at least 1 and `high_water` at most
/// `limit`.
struct mailbox_limit {
    std::size_t limit = 0;                           ///< Messages that may wait.
    mailbox_policy policy = mailbox_policy::refuse;  ///< For one message more.
    /// With this number of messages the process makes a `mailbox_report`: once, and again only after the mailbox
    /// has fallen to half of the mark. 0: no report.
    std::size_t high_water = 0;
    bool operator==(const mailbox_limit&) const = default;
};

/// What has become of a message.
enum class send_status : std::uint8_t {
    sent,     ///< The receiver gets the message, unless the receiver ends first.
    full,     ///< The mailbox is full, and the message was not sent.
    dropped,  ///< The mailbox is full, and the policy of the receiver has dropped the message.
    gone,     ///< There is no such process.
};
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(send_status status) noexcept;

namespace detail {
/// Throws `badarg_error` for a wrong limit.
const mailbox_limit& checked(const mailbox_limit& given);
}  // namespace detail

}  // namespace coppice

#pragma GCC visibility pop
