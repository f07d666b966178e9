// SPDX-License-Identifier: Apache-2.0
// What the lower layers tell whoever watches them, without knowing who that is.

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
};

struct event {
    event_kind kind;
    pid subject;
    pid other;
    std::string_view text;
    const exit_reason* why = nullptr;
    std::chrono::nanoseconds at{0};
    const void* signal = nullptr;  ///< Which one was sent or received. Only to be compared.
};

class event_sink {
  public:
    event_sink() = default;
    event_sink(const event_sink&) = delete;
    event_sink& operator=(const event_sink&) = delete;
    virtual ~event_sink() = default;
    /// May be called from any worker, in the middle of a turn: it must not block or throw.
    virtual void on_event(const event& happened) noexcept = 0;
};

}  // namespace coppice::base
