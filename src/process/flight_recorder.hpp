// SPDX-License-Identifier: Apache-2.0
// The last events of life, in a ring for each thread that runs turns, and one for all other threads.
//
// A ring has one writer at a time, who waits for nobody: it writes a slot and then counts it. Who reads copies
// a slot and looks at the count again: what may have been overwritten meanwhile is dropped. Merging the rings
// by time is for the reader.
//
// Invariants
//   1. Slot n of a ring is at n modulo its size, and complete once the count is above n.
//   2. While the count is n, nobody writes to any slot but n.
//
// Threads    Writing: any; those that run no turns of this runtime share a lock. Reading: any.
// Cost       Of an event on a worker: about 20 instructions, and half a line of 64 bytes. Texts lie apart, so that
//            the starts and ends of processes, which have none, take little of the caches.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/spin_lock.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/pid.hpp"
#include "coppice/report.hpp"
#include "platform/ticks.hpp"

namespace coppice::sched {
class scheduler;
}

namespace coppice::detail {

enum class life_event : std::uint8_t { start, exit, restart, give_up, stuck, report };

/// A copy of a slot.
struct recorded_event {
    static constexpr std::size_t head_words = 4;
    static constexpr std::size_t text_words = 12;
    static constexpr std::size_t text_bytes = text_words * sizeof(std::uint64_t);

    std::uint64_t tick = 0;
    std::uint64_t who = 0;
    std::uint64_t other = 0;
    std::uint64_t info = 0;
    std::array<char, text_bytes> text{};

    life_event what() const noexcept { return static_cast<life_event>(info & 0xFF); }
    pid process(std::uint32_t node) const noexcept { return pid_of(node, who); }
    pid supervisor(std::uint32_t node) const noexcept { return pid_of(node, other); }
    /// A registered name, or a child's id.
    std::string_view name() const noexcept { return {text.data(), length(0)}; }
    std::string_view reason() const noexcept {
        return has_known_reason() ? known_reason_name()
                                  : std::string_view{text.data() + length(0), length(1)};
    }
    std::string_view words_said() const noexcept {
        return {text.data() + length(0) + length(1), length(2)};
    }

  private:
    friend class flight_recorder;
    static pid pid_of(std::uint32_t node, std::uint64_t word) noexcept {
        return word == 0 ? pid{}
                         : pid{node, static_cast<std::uint32_t>(word),
                               static_cast<std::uint32_t>(word >> 32U)};
    }
    std::size_t length(unsigned part) const noexcept { return (info >> (16 + 8 * part)) & 0xFF; }
    bool has_known_reason() const noexcept { return ((info >> 8U) & 0xFF) != 0; }
    std::string_view known_reason_name() const noexcept;
};

class flight_recorder {
  public:
    /// `kept`: how many events of each thread; 0: none at all.
    flight_recorder(std::uint32_t node, sched::scheduler& scheduler, bool simulated,
                    std::size_t kept);
    ~flight_recorder();
    flight_recorder(const flight_recorder&) = delete;
    flight_recorder& operator=(const flight_recorder&) = delete;

    // Events. None of these throws or runs code of the user's.
    /// Answers the time, as `coarse_now`.
    [[gnu::always_inline]] std::uint32_t started(const pid& who, const pid& parent) noexcept {
        const lane_cache& here = cached;
        if (here.node == cached_node_) [[likely]] {
            const std::uint64_t now = platform::ticks();
            put(here, now, word_of(who), word_of(parent), info_of(life_event::start, no_reason));
            return static_cast<std::uint32_t>(now >> platform::coarse_ticks);
        }
        return started_elsewhere(who, parent);
    }
    /// With `normal`, of a process that had no name.
    [[gnu::always_inline]] void ended_normally(const pid& who) noexcept {
        const lane_cache& here = cached;
        if (here.node == cached_node_) [[likely]] {
            put(here, platform::ticks(), word_of(who), 0, info_of(life_event::exit, normal_reason));
            return;
        }
        note(life_event::exit, who, {}, {}, reason::normal);
    }
    void note(life_event what, const pid& who, const pid& other, std::string_view name,
              const exit_reason& why) noexcept;
    void note(life_event what, const pid& who, std::string_view said) noexcept;
    void note(const pid& from, report_level level, const report::body_type& told) noexcept;

    /// Some tens of milliseconds are one, in a simulation one.
    std::uint32_t coarse_now() const noexcept;
    /// Nanoseconds.
    double length_of_coarse() const noexcept;
    std::chrono::nanoseconds time_since(std::uint32_t coarse) const noexcept;
    /// How many there are from one to the other; none if `then` is a little later.
    static constexpr std::uint32_t coarse_between(std::uint32_t then, std::uint32_t now) noexcept {
        constexpr std::uint32_t a_little = 1U << 20U;
        return then - now <= a_little ? 0 : now - then;
    }

    // Reading. Signal handlers may do it.
    std::size_t kept() const noexcept { return kept_; }
    std::uint32_t node() const noexcept { return node_; }
    unsigned lanes() const noexcept { return lane_count_; }
    /// How many there have been.
    std::uint64_t count(unsigned lane) const noexcept {
        return lanes_[lane].count.load(std::memory_order_acquire);
    }
    /// The first that may still be there.
    std::uint64_t oldest(unsigned lane) const noexcept;
    /// False if it is gone, or has not been yet.
    bool copy(unsigned lane, std::uint64_t index, recorded_event& out) const noexcept;

    /// Turns ticks into times: what the counter and the clocks say now.
    struct scale {
        std::uint64_t tick = 0;
        std::chrono::system_clock::time_point wall;
        double nanoseconds_a_tick = 1.0;
        std::chrono::system_clock::time_point time_of(std::uint64_t then) const noexcept;
    };
    scale measure() const noexcept;

  private:
    static constexpr std::uint8_t no_reason = 0;
    static constexpr std::uint8_t normal_reason = 1;  ///< And so on, as `known_reason`.

    struct alignas(64) ring {
        std::atomic<std::uint64_t> count{0};
        /// The heads of all slots, then their texts. Made with the first event.
        std::atomic<std::uint64_t*> words{nullptr};
    };
    struct lane_cache {
        std::uint32_t node = 0;
        ring* of = nullptr;
        std::uint64_t* words = nullptr;
        std::uint64_t mask = 0;

        std::uint64_t* head(std::uint64_t n) const noexcept {
            return words + (n & mask) * recorded_event::head_words;
        }
        std::uint64_t* text(std::uint64_t n) const noexcept {
            return words + (mask + 1) * recorded_event::head_words +
                   (n & mask) * recorded_event::text_words;
        }
    };
    /// Of the worker that this thread is. Of the kind that is read without a call in a shared library, too.
    [[gnu::tls_model("initial-exec")]] static constinit thread_local lane_cache cached;

    static std::uint64_t word_of(const pid& who) noexcept {
        return std::uint64_t{who.generation()} << 32U | who.index();
    }
    static constexpr std::uint64_t info_of(life_event what, std::uint8_t known) noexcept {
        return static_cast<std::uint64_t>(what) | std::uint64_t{known} << 8U;
    }
    static void write(std::uint64_t& word, std::uint64_t value) noexcept {
        std::atomic_ref{word}.store(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] static void put(const lane_cache& here, std::uint64_t tick,
                                           std::uint64_t who, std::uint64_t other,
                                           std::uint64_t info) noexcept {
        const std::uint64_t n = here.of->count.load(std::memory_order_relaxed);
        std::uint64_t* const head = here.head(n);
        // Who sees any of this sees that the count has come to n.
        std::atomic_thread_fence(std::memory_order_release);
        write(head[0], tick);
        write(head[1], who);
        write(head[2], other);
        write(head[3], info);
        here.of->count.store(n + 1, std::memory_order_release);
    }
    /// Of the next slot; its head is written by put() then.
    static void put_text(const lane_cache& here, std::string_view text) noexcept;
    struct text_parts;
    std::uint32_t started_elsewhere(const pid& who, const pid& parent) noexcept;
    void add(life_event what, const pid& who, const pid& other, std::uint8_t known,
             const text_parts& texts) noexcept;
    void add_outside(std::uint64_t who, std::uint64_t other, std::uint64_t info,
                     const text_parts& texts) noexcept;
    bool find_lane(unsigned number, lane_cache& out) noexcept;
    static void put_with_text(const lane_cache& here, std::uint64_t tick, std::uint64_t who,
                              std::uint64_t other, std::uint64_t info,
                              const text_parts& texts) noexcept;
    std::uint64_t now() const noexcept;

    const std::uint32_t node_;
    const std::uint32_t cached_node_;  ///< The node, or one that no thread has cached.
    sched::scheduler& scheduler_;
    const bool simulated_;
    const std::size_t kept_;
    const std::uint64_t mask_;
    const unsigned lane_count_;
    std::unique_ptr<ring[]> lanes_;  ///< The last is everybody else's.
    base::spin_lock outside_;
    const std::uint64_t first_tick_;
    const std::chrono::steady_clock::time_point first_time_;
};

}  // namespace coppice::detail
