// SPDX-License-Identifier: Apache-2.0
// Events that lower layers publish to an observer unknown to them.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"

namespace coppice::base {

enum class event_kind : std::uint8_t {
    spawned,
    ended,
    named,
    unnamed,
    sent,
    received,
    refused,  ///< As `received`, for a message without room in the mailbox.
};

struct event {
    event_kind kind;
    pid subject;
    pid other;
    std::string_view text;
    const exit_reason* why = nullptr;
    std::chrono::nanoseconds at{0};
    const void* signal = nullptr;  ///< The signal sent or received; only for comparison.
};

class event_sink {
  public:
    event_sink() = default;
    event_sink(const event_sink&) = delete;
    event_sink& operator=(const event_sink&) = delete;
    virtual ~event_sink() = default;
    /// Called on any thread, also in the middle of a turn. An implementation must
    /// neither block nor throw.
    virtual void on_event(const event& happened) noexcept = 0;
};

}  // namespace coppice::base
