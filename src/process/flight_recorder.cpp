// SPDX-License-Identifier: Apache-2.0

#include "process/flight_recorder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "base/reason_brief.hpp"
#include "coppice/detail/contract.hpp"
#include "platform/large_pages.hpp"
#include "sched/scheduler.hpp"

namespace coppice::process_layer {
namespace {

/// Limit of a name, so that other texts keep some of the room.
constexpr std::size_t name_max = 48;
/// In a simulation a tick is 1 ns, and a coarse unit 2^20 ns.
constexpr unsigned coarse_virtual = 20;

constexpr std::array<const exit_reason*, 10> known_reasons{
    &reason::normal,       &reason::shutdown,    &reason::kill,         &reason::killed,
    &reason::noproc,       &reason::timeout,     &reason::calling_self, &reason::badarg,
    &reason::noconnection, &reason::mailbox_full};

/// The place in `known_reasons` plus 1, or 0 for any other reason. Frequent reasons are tried first.
std::uint8_t number_of(const exit_reason& why) noexcept {
    constexpr std::array<std::uint8_t, 10> by_frequency{0, 3, 1, 2, 4, 5, 6, 7, 8, 9};
    std::uint8_t found = 0;
    const auto is = [&why, &found](std::uint8_t place) {
        found = static_cast<std::uint8_t>(place + 1);
        return why == *known_reasons[place];
    };
    const bool known = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (is(by_frequency[I]) || ...);
    }(std::make_index_sequence<by_frequency.size()>{});
    return known ? found : std::uint8_t{0};
}

/// Up to a word of text. Precondition: there is at least 1 character.
std::uint64_t word_at(const char* text, std::size_t length) noexcept {
    COPPICE_EXPECTS(length > 0, "stop at the end of the text");
    std::uint64_t word = 0;
    std::memcpy(&word, text, std::min(length, sizeof(word)));
    return word;
}

}  // namespace

std::string_view recorded_event::known_reason_name() const noexcept {
    const std::size_t place = ((info >> 8U) & 0xFF) - 1;
    return place < known_reasons.size() ? known_reasons[place]->as_symbol() : std::string_view{};
}

constinit thread_local flight_recorder::lane_cache flight_recorder::cached{};

/// The texts of an event, one after the other.
struct flight_recorder::text_parts {
    text_parts() noexcept {}  // leaves `text` uninitialised: most events have little text
    std::array<char, recorded_event::text_bytes> text;
    std::size_t used = 0;
    std::uint64_t lengths = 0;

    void add(unsigned part, std::string_view what, std::size_t most) noexcept {
        const std::span<char> room = left(most);
        const std::size_t fits = std::min(what.size(), room.size());
        std::memcpy(room.data(), what.data(), fits);
        if (fits < what.size()) {
            std::ranges::fill(room.last(std::min<std::size_t>(3, room.size())), '.');
        }
        close(part, fits);
    }
    void add(unsigned part, const exit_reason& why, std::size_t most) noexcept {
        close(part, base::print_briefly(why, left(most)));
    }

  private:
    std::span<char> left(std::size_t most) noexcept {
        return std::span{text}.subspan(used, std::min(most, text.size() - used));
    }
    void close(unsigned part, std::size_t length) noexcept {
        used += length;
        lengths |= std::uint64_t{length} << (16 + 8 * part);
    }
};

flight_recorder::flight_recorder(std::uint32_t node, sched::scheduler& scheduler, bool simulated,
                                 std::size_t kept)
    : node_{node},
      cached_node_{kept == 0 || simulated ? UINT32_MAX : node},
      scheduler_{scheduler},
      simulated_{simulated},
      kept_{kept},
      mask_{std::bit_ceil(std::max<std::size_t>(kept, 2)) - 1},  // one slot may be half written
      lane_count_{scheduler.lane_count() + 1},
      lanes_{std::make_unique<ring[]>(lane_count_)},
      first_tick_{platform::ticks()},
      first_time_{std::chrono::steady_clock::now()} {
    // A system call would take too long under the spin lock.
    lanes_[lane_count_ - 1].maps_ahead = false;
}

flight_recorder::~flight_recorder() {
    for (unsigned i = 0; i < lane_count_; ++i) {
        delete[] lanes_[i].words.load(std::memory_order_relaxed);
    }
}

std::uint64_t flight_recorder::now() const noexcept {
    return simulated_ ? static_cast<std::uint64_t>(scheduler_.clock().now().count())
                      : platform::ticks();
}

std::uint32_t flight_recorder::coarse_now() const noexcept {
    return static_cast<std::uint32_t>(now() >>
                                      (simulated_ ? coarse_virtual : platform::coarse_ticks));
}

double flight_recorder::length_of_coarse() const noexcept {
    return simulated_
               ? static_cast<double>(1U << coarse_virtual)
               : static_cast<double>(1U << platform::coarse_ticks) * measure().nanoseconds_a_tick;
}

std::chrono::nanoseconds flight_recorder::time_since(std::uint32_t coarse) const noexcept {
    const auto units = static_cast<double>(coarse_between(coarse, coarse_now()));
    return std::chrono::nanoseconds{static_cast<std::int64_t>(units * length_of_coarse())};
}

/// The ring of this thread. False if there is no memory for the ring.
bool flight_recorder::find_lane(unsigned number, lane_cache& out) noexcept {
    ring& found = lanes_[number];
    std::uint64_t* words = found.words.load(std::memory_order_relaxed);
    if (words == nullptr) {
        constexpr std::size_t slot_words = recorded_event::head_words + recorded_event::text_words;
        // Uninitialised: pages that no event comes near take no memory.
        words = new (std::nothrow) std::uint64_t[(mask_ + 1) * slot_words];
        if (words == nullptr) {
            return false;
        }
        // Release: pairs with the acquire in copy().
        found.words.store(words, std::memory_order_release);
        map_heads_ahead({node_, &found, words, mask_});
    }
    out = {node_, &found, words, mask_};
    return true;
}

std::uint32_t flight_recorder::started_elsewhere(std::uint64_t who, std::uint64_t parent) noexcept {
    starts_elsewhere_.fetch_add(1, std::memory_order_relaxed);
    add(life_event::start, who, parent, no_reason, text_parts{});
    return coarse_now();
}

void flight_recorder::ended_normally_elsewhere(std::uint64_t who) noexcept {
    add(life_event::exit, who, 0, normal_reason, text_parts{});
}

std::uint64_t flight_recorder::starts() const noexcept {
    std::uint64_t sum = starts_elsewhere_.load(std::memory_order_relaxed);
    for (unsigned i = 0; i < lane_count_; ++i) {
        sum += lanes_[i].starts.load(std::memory_order_relaxed);
    }
    return sum;
}

std::uint64_t flight_recorder::ends() const noexcept {
    // Acquire: pairs with the releases in count_end(), also below.
    std::uint64_t sum = ends_elsewhere_.load(std::memory_order_acquire);
    for (unsigned i = 0; i < lane_count_; ++i) {
        sum += lanes_[i].ends.load(std::memory_order_acquire);
    }
    return sum;
}

void flight_recorder::map_heads_ahead(const lane_cache& here) noexcept {
    const std::uint64_t n = here.of->count.load(std::memory_order_relaxed);
    map_ahead(here, here.head(n), recorded_event::head_words);
}

std::uint64_t flight_recorder::map_ahead(const lane_cache& here, std::uint64_t* first,
                                         std::size_t words_each) noexcept {
    const std::uint64_t n = here.of->count.load(std::memory_order_relaxed);
    if (!here.of->maps_ahead || n > here.mask) {
        return UINT64_MAX;  // the ring that was full once is mapped
    }
    const std::uint64_t slots = std::min(slots_mapped_at_once, here.mask + 1 - n);
    platform::map_ahead(first, slots * words_each * sizeof(std::uint64_t));
    return n + slots;
}

inline void flight_recorder::put_text(const lane_cache& here, std::string_view text) noexcept {
    if (text.empty()) {
        return;
    }
    const std::uint64_t n = here.of->count.load(std::memory_order_relaxed);
    std::uint64_t* word = here.text(n);
    if (n >= here.of->texts_mapped) [[unlikely]] {
        here.of->texts_mapped = map_ahead(here, word, recorded_event::text_words);
    }
    std::atomic_thread_fence(std::memory_order_release);  // as in put(): pairs with copy()
    for (; !text.empty(); ++word) {
        const std::size_t length = std::min(text.size(), sizeof(std::uint64_t));
        write(*word, word_at(text.data(), length));
        text.remove_prefix(length);
    }
}

void flight_recorder::note(life_event what, const pid& who, const pid& other, std::string_view name,
                           const exit_reason& why) noexcept {
    const std::uint8_t known = number_of(why);
    if (known != 0 && name.size() <= name_max && cached.node == cached_node_) {
        put_text(cached, name);
        put(cached, platform::ticks(), word_of(who), word_of(other),
            info_of(what, known) | std::uint64_t{name.size()} << 16U);
        return;
    }
    text_parts texts;
    if (!name.empty()) {
        texts.add(0, name, name_max);
    }
    if (known == 0) {
        texts.add(1, why, texts.text.size());
    }
    add(what, word_of(who), word_of(other), known, texts);
}

void flight_recorder::note(life_event what, const pid& who, std::string_view said) noexcept {
    text_parts texts;
    texts.add(2, said, texts.text.size());
    add(what, word_of(who), 0, no_reason, texts);
}

namespace {

struct in_brief {
    static constexpr const exit_reason* no_reason = nullptr;
    struct line {
        std::string_view what;
        std::string_view about;
        const exit_reason* why = no_reason;
    };
    line operator()(const crash_report& r) const { return {"crash", r.registered_name, &r.why}; }
    line operator()(const server_report& r) const { return {"server", r.name, &r.why}; }
    line operator()(const supervisor_report& r) const {
        return {to_string(r.context), r.offender.id, &r.why};
    }
    line operator()(const progress_report& r) const { return {"progress", r.started.id}; }
    line operator()(const text_report& r) const { return {"", r.text}; }
    line operator()(const stuck_report& r) const {
        return {r.returned ? "returned" : "stuck", r.stuck.message};
    }
    line operator()(const application_progress_report& r) const {
        return {"application", r.application};
    }
    line operator()(const application_exit_report& r) const {
        return {"application", r.application, &r.exited};
    }
    line operator()(const mailbox_report& r) const { return {"mailbox", r.registered_name}; }
};

}  // namespace

void flight_recorder::note(const pid& from, report_level level,
                           const report::body_type& told) noexcept {
    if (kept_ == 0) {
        return;
    }
    const in_brief::line line = std::visit(in_brief{}, told);
    const std::string_view about = line.about.substr(0, line.about.find('\n'));
    std::array<char, recorded_event::text_bytes + 1> said{};  // one more shows that the text is cut
    std::size_t used = 0;
    const auto say = [&](std::string_view part) {
        const std::size_t fits = std::min(part.size(), said.size() - used);
        std::memcpy(said.data() + used, part.data(), fits);
        used += fits;
    };
    say(to_string(level));
    for (const std::string_view part : {line.what, about}) {
        if (!part.empty()) {
            say(" ");
            say(part);
        }
    }
    const std::uint8_t known = line.why == nullptr ? no_reason : number_of(*line.why);
    text_parts texts;
    if (line.why != nullptr && known == 0) {
        texts.add(1, *line.why, texts.text.size() - std::min(used, name_max));
    }
    texts.add(2, {said.data(), used}, texts.text.size());
    add(life_event::report, word_of(from), 0, known, texts);
}

void flight_recorder::add(life_event what, std::uint64_t who, std::uint64_t other,
                          std::uint8_t known, const text_parts& texts) noexcept {
    if (kept_ == 0) {
        return;
    }
    const std::uint64_t info = info_of(what, known) | texts.lengths;
    if (cached.node == cached_node_) {
        put_with_text(cached, now(), who, other, info, texts);
        return;
    }
    const unsigned number = scheduler_.local_lane();
    if (number == sched::scheduler::no_lane) {
        add_outside(who, other, info, texts);
        return;
    }
    lane_cache found;
    if (find_lane(number, found)) {
        put_with_text(found, now(), who, other, info, texts);
        if (!simulated_) {
            cached = found;
        }
    }
}

void flight_recorder::add_outside(std::uint64_t who, std::uint64_t other, std::uint64_t info,
                                  const text_parts& texts) noexcept {
    const std::scoped_lock lock{outside_};
    lane_cache found;
    if (find_lane(lane_count_ - 1, found)) {
        put_with_text(found, now(), who, other, info, texts);
    }
}

void flight_recorder::put_with_text(const lane_cache& here, std::uint64_t tick, std::uint64_t who,
                                    std::uint64_t other, std::uint64_t info,
                                    const text_parts& texts) noexcept {
    put_text(here, {texts.text.data(), texts.used});
    put(here, tick, who, other, info);
}

std::uint64_t flight_recorder::oldest(unsigned lane) const noexcept {
    const std::uint64_t end = count(lane);
    return end > mask_ ? end - mask_ : 0;  // the next event's slot may be half written
}

bool flight_recorder::copy(unsigned lane, std::uint64_t index, recorded_event& out) const noexcept {
    // Acquire: pairs with the release in find_lane().
    const lane_cache from{.words = lanes_[lane].words.load(std::memory_order_acquire),
                          .mask = mask_};
    if (from.words == nullptr || index >= count(lane)) {
        return false;
    }
    const auto read = [](std::uint64_t& word) {
        return std::atomic_ref{word}.load(std::memory_order_relaxed);
    };
    std::uint64_t* const head = from.head(index);
    out.tick = read(head[0]);
    out.who = read(head[1]);
    out.other = read(head[2]);
    out.info = read(head[3]);
    const std::size_t length = out.length(0) + out.length(1) + out.length(2);
    for (std::size_t at = 0; at < std::min(length, out.text.size()); at += sizeof(std::uint64_t)) {
        const std::uint64_t word = read(from.text(index)[at / sizeof(word)]);
        std::memcpy(out.text.data() + at, &word, sizeof(word));
    }
    // Pairs with the fence in put().
    std::atomic_thread_fence(std::memory_order_acquire);
    return index >= oldest(lane);
}

flight_recorder::scale flight_recorder::measure() const noexcept {
    if (simulated_) {
        return {now(), scheduler_.clock().wall_time(), 1.0};
    }
    const std::uint64_t tick = platform::ticks();
    const auto passed = std::chrono::steady_clock::now() - first_time_;
    const auto ticks = static_cast<double>(tick - first_tick_);
    return {tick, std::chrono::system_clock::now(),
            ticks > 0 ? static_cast<double>(passed.count()) / ticks : 1.0};
}

std::chrono::system_clock::time_point flight_recorder::scale::time_of(
    std::uint64_t then) const noexcept {
    const auto ago = static_cast<double>(static_cast<std::int64_t>(tick - then));
    const auto nanoseconds =
        std::chrono::nanoseconds{static_cast<std::int64_t>(ago * nanoseconds_a_tick)};
    return wall - std::chrono::duration_cast<std::chrono::system_clock::duration>(nanoseconds);
}

}  // namespace coppice::process_layer
