// SPDX-License-Identifier: Apache-2.0
// The last life events, in a ring for each thread that runs turns, and one ring for all other threads. Beside the
// events of a ring are counts of the starts and the ends of processes, since each thread has a cache line there.
//
// A ring resembles a seqlock. One writer at a time, which never waits for readers, fills a slot and then
// increments the count. A reader copies a slot and loads the count again: a copy that may have been
// overwritten meanwhile is dropped. Readers merge the rings by time.
//
// Invariants
//   1. Slot n of a ring is at n modulo its size, and complete once the count is above n.
//   2. While the count is n, only slot n is written.
//
// Threads    Writing: any; threads that run no turns of this runtime share a lock. Reading: any.
// Cost       An event on a scheduler thread: about 20 instructions, and half a cache line of 64 bytes. Texts
//            lie apart, so that starts and ends of processes, which have no texts, use little of the caches.

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

namespace coppice::process_layer {

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
    /// A registered name, or the id of a child.
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
    /// `kept`: the number of events for each thread; 0: none at all.
    flight_recorder(std::uint32_t node, sched::scheduler& scheduler, bool simulated,
                    std::size_t kept);
    ~flight_recorder();
    flight_recorder(const flight_recorder&) = delete;
    flight_recorder& operator=(const flight_recorder&) = delete;

    // Events. These functions neither throw nor run user code.
    /// Records and counts a start. Returns the time as `coarse_now` does. `who` and `parent` are numbers of lives,
    /// see process_parts.hpp; `parent` is 0 for none.
    [[gnu::always_inline]] std::uint32_t started(std::uint64_t who, std::uint64_t parent) noexcept {
        const lane_cache& here = cached;
        if (here.node == cached_node_) [[likely]] {
            const std::uint64_t now = platform::ticks();
            put(here, now, who, parent, info_of(life_event::start, no_reason));
            count_one_more(here.of->starts, std::memory_order_relaxed);
            return static_cast<std::uint32_t>(now >> platform::coarse_ticks);
        }
        return started_elsewhere(who, parent);
    }
    /// Records an end with `normal`, of a process without a name. `who` is the number of a life.
    [[gnu::always_inline]] void ended_normally(std::uint64_t who) noexcept {
        const lane_cache& here = cached;
        if (here.node == cached_node_) [[likely]] {
            put(here, platform::ticks(), who, 0, info_of(life_event::exit, normal_reason));
        } else {
            ended_normally_elsewhere(who);
        }
    }
    /// Counts an end, which is recorded earlier: before the other processes are told.
    [[gnu::always_inline]] void count_end() noexcept {
        const lane_cache& here = cached;
        if (here.node == cached_node_) [[likely]] {
            // Release: pairs with the acquire in ends(), also below.
            count_one_more(here.of->ends, std::memory_order_release);
        } else {
            ends_elsewhere_.fetch_add(1, std::memory_order_release);
        }
    }
    void note(life_event what, const pid& who, const pid& other, std::string_view name,
              const exit_reason& why) noexcept;
    void note(life_event what, const pid& who, std::string_view said) noexcept;
    void note(const pid& from, report_level level, const report::body_type& told) noexcept;

    /// The time in coarse units: some tens of milliseconds each, in a simulation about 1 ms.
    std::uint32_t coarse_now() const noexcept;
    /// The length of a coarse unit in nanoseconds.
    double length_of_coarse() const noexcept;
    std::chrono::nanoseconds time_since(std::uint32_t coarse) const noexcept;
    /// The coarse units from `then` to `now`; 0 if `then` is a little later.
    static constexpr std::uint32_t coarse_between(std::uint32_t then, std::uint32_t now) noexcept {
        constexpr std::uint32_t a_little = 1U << 20U;
        return then - now <= a_little ? 0 : now - then;
    }

    // Reading. Signal handlers may call these functions.
    /// The processes that were started so far.
    std::uint64_t starts() const noexcept;
    /// The processes that have ended so far. A thread that sees an end sees its start afterwards.
    std::uint64_t ends() const noexcept;
    std::size_t kept() const noexcept { return kept_; }
    std::uint32_t node() const noexcept { return node_; }
    unsigned lanes() const noexcept { return lane_count_; }
    /// The number of events so far.
    std::uint64_t count(unsigned lane) const noexcept {
        // Acquire: pairs with the release in put().
        return lanes_[lane].count.load(std::memory_order_acquire);
    }
    /// The oldest event that may still be in the ring.
    std::uint64_t oldest(unsigned lane) const noexcept;
    /// False if the event is gone, or is yet to come.
    bool copy(unsigned lane, std::uint64_t index, recorded_event& out) const noexcept;

    /// Converts ticks to times, from one reading of the counter and the clocks.
    struct scale {
        std::uint64_t tick = 0;
        std::chrono::system_clock::time_point wall;
        double nanoseconds_a_tick = 1.0;
        std::chrono::system_clock::time_point time_of(std::uint64_t then) const noexcept;
    };
    scale measure() const noexcept;

  private:
    static constexpr std::uint8_t no_reason = 0;
    static constexpr std::uint8_t normal_reason = 1;  ///< A place in `known_reasons`, plus 1.

    /// Heads in 16 KiB, texts in 48 KiB.
    static constexpr std::uint64_t slots_mapped_at_once = 512;

    struct alignas(64) ring {
        std::atomic<std::uint64_t> count{0};
        std::atomic<std::uint64_t> starts{0};
        std::atomic<std::uint64_t> ends{0};
        /// The heads of all slots, then the texts of all slots. Allocated for the first event.
        std::atomic<std::uint64_t*> words{nullptr};
        // Used by the writer.
        std::uint64_t texts_mapped = 0;  ///< The texts of so many slots are in mapped pages.
        bool maps_ahead = true;
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
    /// The ring of this scheduler thread. The TLS model needs no call, even in a shared library.
    [[gnu::tls_model("initial-exec")]] static constinit thread_local lane_cache cached;

    /// The number of a life; 0 for the empty pid.
    static std::uint64_t word_of(const pid& who) noexcept {
        return who ? std::uint64_t{who.generation()} << 32U | who.index() : 0;
    }
    static constexpr std::uint64_t info_of(life_event what, std::uint8_t known) noexcept {
        return static_cast<std::uint64_t>(what) | std::uint64_t{known} << 8U;
    }
    /// A load and a store suffice: a ring has one writer.
    static void count_one_more(std::atomic<std::uint64_t>& counted,
                               std::memory_order order) noexcept {
        counted.store(counted.load(std::memory_order_relaxed) + 1, order);
    }
    static void write(std::uint64_t& word, std::uint64_t value) noexcept {
        std::atomic_ref{word}.store(value, std::memory_order_relaxed);
    }
    [[gnu::always_inline]] static void put(const lane_cache& here, std::uint64_t tick,
                                           std::uint64_t who, std::uint64_t other,
                                           std::uint64_t info) noexcept {
        ring& into = *here.of;
        const std::uint64_t n = into.count.load(std::memory_order_relaxed);
        std::uint64_t* const head = here.head(n);
        // Pairs with the fence in copy(): a reader of any of these words also sees a count of n or more.
        std::atomic_thread_fence(std::memory_order_release);
        write(head[0], tick);
        write(head[1], who);
        write(head[2], other);
        write(head[3], info);
        // Release: pairs with the acquire in count().
        into.count.store(n + 1, std::memory_order_release);
        // Last: a caller that ends with the event saves no registers for the call.
        if ((n + 1) % slots_mapped_at_once == 0) [[unlikely]] {
            map_heads_ahead(here);
        }
    }
    /// Maps the pages of the next slots while the ring is filled for the first time: a page fault would take longer
    /// than a restart. Returns the number of the first slot after these.
    static std::uint64_t map_ahead(const lane_cache& here, std::uint64_t* first,
                                   std::size_t words_each) noexcept;
    [[gnu::cold, gnu::noinline]] static void map_heads_ahead(const lane_cache& here) noexcept;
    /// Writes the text of the next slot. put() then writes the head.
    static void put_text(const lane_cache& here, std::string_view text) noexcept;
    struct text_parts;
    [[gnu::noinline]] std::uint32_t started_elsewhere(std::uint64_t who,
                                                      std::uint64_t parent) noexcept;
    [[gnu::noinline]] void ended_normally_elsewhere(std::uint64_t who) noexcept;
    void add(life_event what, std::uint64_t who, std::uint64_t other, std::uint8_t known,
             const text_parts& texts) noexcept;
    void add_outside(std::uint64_t who, std::uint64_t other, std::uint64_t info,
                     const text_parts& texts) noexcept;
    bool find_lane(unsigned number, lane_cache& out) noexcept;
    static void put_with_text(const lane_cache& here, std::uint64_t tick, std::uint64_t who,
                              std::uint64_t other, std::uint64_t info,
                              const text_parts& texts) noexcept;
    std::uint64_t now() const noexcept;

    const std::uint32_t node_;
    const std::uint32_t cached_node_;  ///< The node, or a number that no thread caches.
    sched::scheduler& scheduler_;
    const bool simulated_;
    const std::size_t kept_;
    const std::uint64_t mask_;
    const unsigned lane_count_;
    std::unique_ptr<ring[]> lanes_;  ///< The last ring is for all other threads.
    base::spin_lock outside_;
    /// Of threads without a ring in `cached`.
    std::atomic<std::uint64_t> starts_elsewhere_{0};
    std::atomic<std::uint64_t> ends_elsewhere_{0};
    const std::uint64_t first_tick_;
    const std::chrono::steady_clock::time_point first_time_;
};

}  // namespace coppice::process_layer
