// SPDX-License-Identifier: Apache-2.0
// The bonds of a process: its links, its monitors, and the processes that monitor it. Pure: the bonds are
// told of requests and signals, and answer with the signals to send. The process sends these signals.
//
// Links follow the protocol of Erlang's nodes since OTP 23. Either side may change a link while signals of
// the other side are in transit. A side that ends a link remembers the link until the peer acknowledges. A
// link signal from the peer may come before the acknowledgement: the peer sent that signal before hearing of
// the end, and drops that link too. So both sides end up agreeing.
//
//     event                     none            linked            ending n
//     link, of the process      linked; link    -                 linked; link
//     unlink, of the process    x               ending n; unlink  x
//     `link` comes              linked          -                 -
//     `unlink` comes            ack             none; ack         ack
//     `unlink_ack` n comes      -               -                 none, if n is the number
//     `link_exit` comes         -               none; received    none
//     the process ends          none            none; link_exit   none
//
// Behind the semicolon is the answer; ack is the `unlink_ack` with the number of the `unlink`; x breaks the
// contract.
//
// Threads    The thread that has custody of the process; before the birth, the spawner.
// Errors     Functions that add an entry throw std::bad_alloc, and then nothing has changed.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/ordered_index.hpp"
#include "coppice/detail/contract.hpp"
#include "coppice/detail/reply.hpp"
#include "coppice/pid.hpp"

namespace coppice::process_layer {

enum class link_state : std::uint8_t { none, linked, ending };

class bonds {
  public:
    struct watcher {
        pid who;
        bool to_waiter = false;    ///< The down signal ends a wait, and is no message.
        detail::name_if_any name;  ///< The name that was monitored.
    };

    // Links.
    link_state state_of(const pid& peer) const noexcept {
        const std::uint64_t* const state = links_.find(peer);
        return state == nullptr   ? link_state::none
               : *state == linked ? link_state::linked
                                  : link_state::ending;
    }
    /// The process asks for a link. True: a `link` has to be sent.
    bool link(const pid& peer) {
        return links_.insert(peer, linked) || std::exchange(*links_.find(peer), linked) != linked;
    }
    /// The process ends the link: an `unlink` with the number, which is not 0, has to be sent. Precondition:
    /// the state is `linked`.
    void unlink(const pid& peer, std::uint64_t number) noexcept {
        std::uint64_t* const state = links_.find(peer);
        COPPICE_EXPECTS(state != nullptr && *state == linked, "end a link that there is");
        *state = number;
    }
    void link_from(const pid& peer) { links_.insert(peer, linked); }
    /// In each state the answer is an `unlink_ack`.
    void unlink_from(const pid& peer) noexcept {
        if (state_of(peer) == link_state::linked) {
            links_.erase(peer);
        }
    }
    void unlink_acknowledged(const pid& peer, std::uint64_t number) noexcept {
        if (const std::uint64_t* const state = links_.find(peer); state && *state == number) {
            links_.erase(peer);
        }
    }
    /// The linked peer has ended. Calls `receive()` if the link still carries the signal. If `receive`
    /// throws, nothing has changed.
    template <class Receive>
    void exit_from(const pid& peer, Receive receive) {
        const std::uint64_t* const state = links_.find(peer);
        if (state == nullptr) {
            return;
        }
        const bool carries = *state == linked;
        if (carries) {
            receive();
        }
        links_.erase(peer);
    }
    /// Takes a link back that the peer never heard of.
    void forget_link(const pid& peer) noexcept { links_.erase(peer); }

    // Monitors of other processes. Only those whose down signal becomes a message.
    void watch(std::uint64_t tag, const pid& target) { watching_.insert(tag, target); }
    /// Null if the monitor is not active.
    const pid* target_of(std::uint64_t tag) const noexcept { return watching_.find(tag); }
    /// The process ends the monitor: a `demonitor` has to be sent to the target.
    void unwatch(std::uint64_t tag) noexcept { watching_.erase(tag); }
    /// The target has ended. Calls `receive()` if the monitor is active. If `receive` throws, nothing has
    /// changed.
    template <class Receive>
    void down_from(std::uint64_t tag, Receive receive) {
        if (!watching_.contains(tag)) {
            return;  // demonitored meanwhile
        }
        receive();
        watching_.erase(tag);
    }

    // Monitors of this process.
    void watched_by(std::uint64_t tag, const pid& who, bool to_waiter) {
        monitored_by_.insert(tag, {who, to_waiter, {}});
    }
    /// Takes the name that was monitored, if there is memory for the entry.
    void watched_by(std::uint64_t tag, const pid& who, bool to_waiter, detail::name_if_any& name) {
        if (monitored_by_.insert(tag, {who, to_waiter, {}}) && name != nullptr) {
            monitored_by_.find(tag)->name = std::move(name);
        }
    }
    void forget_watcher(std::uint64_t tag) noexcept { monitored_by_.erase(tag); }

    bool empty() const noexcept {
        return links_.empty() && watching_.empty() && monitored_by_.empty();
    }
    /// The process ends. Calls `demonitor(tag, target)`, then `link_exit(peer)`, then `down(tag, watcher)` for
    /// each bond, and removes the bonds. If a function throws, the next call of `end` continues with the
    /// bond of the throw: a function that throws has told no process. The functions do not touch the bonds.
    template <class Demonitor, class LinkExit, class Down>
    void end(Demonitor demonitor, LinkExit link_exit, Down down) {
        for (auto& [tag, target] : watching_) {
            if (target) {
                demonitor(tag, target);
                target = {};
            }
        }
        watching_ = {};
        for (auto& [peer, state] : links_) {
            if (state == linked) {
                link_exit(peer);
                state = told_already;
            }
        }
        links_ = {};
        for (auto& [tag, watching] : monitored_by_) {
            if (watching.who) {
                down(tag, watching);
                watching.who = {};
            }
        }
        monitored_by_ = {};
    }

    /// The peers of all links; the targets of all active monitors; the processes that monitor this one.
    std::vector<pid> links() const;
    std::vector<pid> targets() const;
    std::vector<pid> watchers() const;

  private:
    static constexpr std::uint64_t linked = 0;
    static constexpr std::uint64_t told_already = UINT64_MAX;

    /// `linked`, or the number of the unlink signal awaiting the peer's acknowledgement.
    base::ordered_index<pid, std::uint64_t> links_;
    base::ordered_index<std::uint64_t, pid> watching_;
    base::ordered_index<std::uint64_t, watcher> monitored_by_;
};

}  // namespace coppice::process_layer
