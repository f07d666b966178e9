// SPDX-License-Identifier: Apache-2.0
// A node elsewhere, played by a test. The peer takes the signals for its processes into a mailbox of its own,
// and sends signals from them. As a layer that connects nodes must, the peer follows links, monitors and calls in
// both directions and answers them when the connection is lost.

#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/node_number.hpp"
#include "base/remote_sink.hpp"
#include "coppice/coppice.hpp"
#include "process/runtime_core.hpp"
#include "process/signals.hpp"

namespace coppice::test {

class fake_peer final : public base::remote_sink {
  public:
    struct received {
        pid to;
        detail::owned_signal what;
    };

    /// The peer of the caller's runtime, with at most one reader: the caller of the first call. Lives
    /// longer than the runtime's processes.
    static fake_peer& of_here() {
        detail::runtime_core& world = detail::current_runtime();
        fake_peer& out = world.extended().get<fake_peer>();
        if (out.world_ == nullptr) {
            out.world_ = &world;
            out.reader_ = self();
            world.to_pids().connect(out);
        }
        return out;
    }
    /// A process of the peer.
    pid process(std::uint32_t index) const noexcept { return {node_, index, 1}; }
    /// What each signal for the peer costs its sender.
    void demand(std::uint8_t toll) noexcept { toll_ = toll; }

    answer take(const pid& to, detail::signal& leaving) noexcept override {
        {
            const std::scoped_lock lock{mutex_};
            if (!connected_ || to.node() != node_ || leaving.kind == detail::signal_kind::request) {
                return {};
            }
            note_leaving(to, leaving);
            arrived_.push_back({to, detail::owned_signal{&leaving}});
        }
        world_->deliver(reader_, new detail::value_message<arrival>{});
        return {.taken = true, .toll = toll_};
    }
    /// The next signal from the runtime. Waits for one.
    task<received> next() {
        co_await receive<arrival>();
        const std::scoped_lock lock{mutex_};
        received out = std::move(arrived_.front());
        arrived_.pop_front();
        co_return out;
    }
    std::size_t unread() {
        const std::scoped_lock lock{mutex_};
        return arrived_.size();
    }
    /// Links, monitors and calls that are under way.
    std::size_t bonds() {
        const std::scoped_lock lock{mutex_};
        return links_.size() + watching_.size() + watched_.size();
    }

    // Signals from a process of the peer to a process of the runtime.
    void link(const pid& from, const pid& to) {
        {
            const std::scoped_lock lock{mutex_};
            links_[{to, from}] = 0;
        }
        bring(from, to, new process_layer::plain_signal{detail::signal_kind::link});
    }
    void unlink(const pid& from, const pid& to, std::uint64_t tag) {
        bring(from, to, new process_layer::plain_signal{detail::signal_kind::unlink}, tag);
    }
    void acknowledge_unlink(const pid& from, const pid& to, std::uint64_t tag) {
        forget_link(from, to, tag);
        bring(from, to, new process_layer::plain_signal{detail::signal_kind::unlink_ack}, tag);
    }
    void exit(const pid& from, const pid& to, exit_reason why) {
        bring(from, to, new process_layer::exit_signal{detail::signal_kind::exit, std::move(why)});
    }
    /// The linked process `from` has ended.
    void end_link(const pid& from, const pid& to, exit_reason why) {
        forget_link(from, to, {});
        bring(from, to,
              new process_layer::exit_signal{detail::signal_kind::link_exit, std::move(why)});
    }
    std::uint64_t monitor(const pid& from, const pid& to) {
        const std::uint64_t tag = watch(from, to);
        bring(from, to, new process_layer::monitor_signal{nullptr}, tag);
        return tag;
    }
    void demonitor(const pid& from, const pid& to, std::uint64_t tag) {
        forget_monitor(watched_, tag);
        bring(from, to, new process_layer::plain_signal{detail::signal_kind::demonitor}, tag);
    }
    /// The process of the peer that `by` monitors, or calls, has ended.
    void end_monitor(const received& by, exit_reason why) {
        forget_monitor(watching_, by.what->tag);
        bring_down(by.to, by.what->from, by.what->tag, is_for_wait(*by.what), std::move(why));
    }
    template <class M>
    void send(const pid& from, const pid& to, M value) {
        bring(from, to, detail::make_message(std::move(value)));
    }
    /// Calls a gen_server of class T.
    template <class T, class M>
    std::uint64_t call(const pid& from, const pid& to, M value) {
        const std::uint64_t tag = watch(from, to);
        bring(from, to, new detail::call_message<T, M>{std::move(value)}, tag);
        return tag;
    }
    template <class R>
    void reply(const received& asked, R value) {
        auto* answer =
            detail::as_reply(detail::owned_message{detail::make_message(std::move(value))});
        answer->flag = true;  // the monitor of the call is gone
        forget_monitor(watching_, asked.what->tag);
        bring(asked.to, asked.what->from, answer, asked.what->tag);
    }

    /// The connection is lost.
    void lose() {
        link_map links;
        std::map<std::uint64_t, bond> watching;
        std::map<std::uint64_t, bond> watched;
        {
            const std::scoped_lock lock{mutex_};
            connected_ = false;
            links.swap(links_);
            watching.swap(watching_);
            watched.swap(watched_);
        }
        for (const auto& [between, unlink] : links) {
            end_link(between.second, between.first, reason::noconnection);
        }
        for (const auto& [tag, lost] : watching) {
            bring_down(lost.elsewhere, lost.here, tag, lost.for_wait, reason::noconnection);
        }
        for (const auto& [tag, lost] : watched) {
            demonitor(lost.elsewhere, lost.here, tag);
        }
    }

  private:
    struct arrival {};
    /// A monitor, or a call.
    struct bond {
        pid here;
        pid elsewhere;
        bool for_wait = false;
    };

    /// From a process here and one elsewhere to the unlink signal that awaits an acknowledgement; 0: none.
    using link_map = std::map<std::pair<pid, pid>, std::uint64_t>;

    static bool is_for_wait(const detail::signal& s) noexcept {
        return s.kind == detail::signal_kind::call || s.flag;
    }

    void note_leaving(const pid& to, const detail::signal& leaving) {
        switch (leaving.kind) {
            case detail::signal_kind::link:
                links_[{leaving.from, to}] = 0;
                return;
            case detail::signal_kind::unlink:
                links_[{leaving.from, to}] = leaving.tag;
                return;
            case detail::signal_kind::unlink_ack:
            case detail::signal_kind::link_exit:
                links_.erase({leaving.from, to});
                return;
            case detail::signal_kind::monitor:
            case detail::signal_kind::call:
                watching_[leaving.tag] = {leaving.from, to, is_for_wait(leaving)};
                return;
            case detail::signal_kind::demonitor:
                watching_.erase(leaving.tag);
                return;
            case detail::signal_kind::reply:
                if (!leaving.flag) {
                    return;  // the server still monitors
                }
                [[fallthrough]];
            case detail::signal_kind::down:
                watched_.erase(leaving.tag);
                return;
            default:
                return;
        }
    }
    /// With a tag, only if the link ends by the unlink signal with the tag.
    void forget_link(const pid& from, const pid& to, std::optional<std::uint64_t> unlink) {
        const std::scoped_lock lock{mutex_};
        const auto found = links_.find({to, from});
        if (found != links_.end() && (!unlink || found->second == *unlink)) {
            links_.erase(found);
        }
    }
    void forget_monitor(std::map<std::uint64_t, bond>& of, std::uint64_t tag) {
        const std::scoped_lock lock{mutex_};
        of.erase(tag);
    }
    /// The peer's references are tags of the runtime.
    std::uint64_t watch(const pid& from, const pid& to) {
        const std::scoped_lock lock{mutex_};
        const std::uint64_t tag = world_->new_tag();
        watched_[tag] = {to, from, false};
        return tag;
    }
    void bring(const pid& from, const pid& to, detail::signal* moved, std::uint64_t tag = 0) {
        moved->from = from;
        moved->tag = tag;
        EXPECT_TRUE(world_->to_pids().arrive_from_elsewhere(to, *moved));
    }
    void bring_down(const pid& from, const pid& to, std::uint64_t tag, bool for_wait,
                    exit_reason why) {
        auto* down = new detail::down_signal{std::move(why)};
        down->flag = for_wait;
        bring(from, to, down, tag);
    }

    const std::uint32_t node_ = base::number_of_new_remote_node();
    detail::runtime_core* world_ = nullptr;
    pid reader_;
    std::atomic<std::uint8_t> toll_{0};
    std::mutex mutex_;
    bool connected_ = true;
    std::deque<received> arrived_;
    link_map links_;
    std::map<std::uint64_t, bond> watching_;  ///< By processes here.
    std::map<std::uint64_t, bond> watched_;   ///< By processes elsewhere.
};

/// The reason in an exit signal or a down signal.
inline const exit_reason& why_of(const fake_peer::received& got) {
    return got.what->kind == detail::signal_kind::down
               ? static_cast<const detail::down_signal&>(*got.what).why
               : static_cast<const process_layer::exit_signal&>(*got.what).why;
}

struct number {
    int value;
};

/// The value of a message or call with a `number`.
inline int number_in(const fake_peer::received& got) {
    auto& message = static_cast<detail::message_node&>(*got.what);
    return static_cast<number*>(message.type->payload(message))->value;
}

}  // namespace coppice::test
