// SPDX-License-Identifier: Apache-2.0

#include "observe/black_box.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "observe/event_line.hpp"
#include "platform/abort_hook.hpp"

namespace coppice::observe {
namespace {

using process_layer::flight_recorder;
using process_layer::recorded_event;

/// Merges the rings in the order of event times. Reads each ring up to the end at construction: a writer may
/// be faster than any reader.
class merged {
  public:
    explicit merged(const flight_recorder& from) noexcept
        : from_{from}, lanes_{from.lanes() < lanes_max ? from.lanes() : lanes_max} {
        for (unsigned i = 0; i < lanes_; ++i) {
            end_[i] = from.count(i);
            next_[i] = from.oldest(i);
            find(i);
        }
    }

    /// False at the end.
    bool read(recorded_event& out) noexcept {
        for (;;) {
            unsigned first = 0;
            for (unsigned i = 1; i < lanes_; ++i) {
                first = ticks_[i] < ticks_[first] ? i : first;
            }
            if (ticks_[first] == UINT64_MAX) {
                return false;
            }
            const bool is_there = from_.copy(first, next_[first]++, out);
            find(first);
            if (is_there) {
                return true;
            }
        }
    }

  private:
    // 128 scheduler threads, 64 spare threads, and one ring for all other threads.
    static constexpr unsigned lanes_max = 256;

    /// Finds the next readable event of the ring.
    void find(unsigned lane) noexcept {
        recorded_event next;
        while (next_[lane] < end_[lane]) {
            if (from_.copy(lane, next_[lane], next)) {
                ticks_[lane] = next.tick;
                return;
            }
            next_[lane] = std::max(next_[lane] + 1, from_.oldest(lane));
        }
        ticks_[lane] = UINT64_MAX;
    }

    const flight_recorder& from_;
    const unsigned lanes_;
    std::array<std::uint64_t, lanes_max> next_{};
    std::array<std::uint64_t, lanes_max> end_{};
    std::array<std::uint64_t, lanes_max> ticks_{};
};

event_words words_of(const recorded_event& event, std::uint32_t node,
                     const flight_recorder::scale& now) noexcept {
    event_words out;
    out.time = now.time_of(event.tick);
    out.what = static_cast<events::kind>(event.what());
    out.process = event.process(node);
    out.supervisor = event.supervisor(node);
    const bool of_child = out.what == events::kind::restart || out.what == events::kind::give_up;
    (of_child ? out.child : out.name) = event.name();
    out.reason = event.reason();
    out.text = event.words_said();
    return out;
}

}  // namespace

bool black_box::write() const noexcept {
    platform::plain_file file{path_.c_str()};
    const flight_recorder::scale now = from_.measure();
    merged all{from_};
    recorded_event event;
    while (file.ok() && all.read(event)) {
        file.write(event_line{words_of(event, from_.node(), now)}.text());
        file.write("\n");
    }
    return file.ok();
}

}  // namespace coppice::observe
