// SPDX-License-Identifier: Apache-2.0

#include "observe/event_line.hpp"

#include <chrono>

namespace coppice::observe {

event_line::event_line(const event_words& shown) noexcept {
    add_time(shown.time);
    add_part(" ", events::to_string(shown.what));
    if (shown.process) {
        add(' ');
        add(shown.process);
    }
    add_part(" ", shown.name);
    add_part(" child ", shown.child);
    if (shown.supervisor && shown.supervisor != shown.process) {
        add(" by ");
        add(shown.supervisor);
    }
    add_part(": ", shown.reason);
    add_part(": ", shown.text);
}

void event_line::add_part(std::string_view before, std::string_view text) noexcept {
    if (!text.empty()) {
        add(before);
        add(text);
    }
}

void event_line::add(char c) noexcept {
    const auto code = static_cast<unsigned char>(c);
    if (used_ < text_.size()) {
        text_[used_++] = code < 0x20 || code == 0x7F ? '?' : c;
    }
}

void event_line::add(std::string_view text) noexcept {
    for (const char c : text) {
        add(c);
    }
}

void event_line::add_number(std::uint64_t value, int digits) noexcept {
    std::array<char, 20> reversed{};
    int made = 0;
    do {
        reversed[static_cast<std::size_t>(made++)] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (; digits > made; --digits) {
        add('0');
    }
    while (made > 0) {
        add(reversed[static_cast<std::size_t>(--made)]);
    }
}

/// The time of day in UTC, computed by hand: the system's functions are not safe in a signal handler.
void event_line::add_time(std::chrono::system_clock::time_point time) noexcept {
    using namespace std::chrono;
    const auto since = time.time_since_epoch();
    const auto of_day = floor<microseconds>(since - floor<days>(since));
    const hh_mm_ss<microseconds> parts{of_day};
    add_number(static_cast<std::uint64_t>(parts.hours().count()), 2);
    add(':');
    add_number(static_cast<std::uint64_t>(parts.minutes().count()), 2);
    add(':');
    add_number(static_cast<std::uint64_t>(parts.seconds().count()), 2);
    add('.');
    add_number(static_cast<std::uint64_t>(parts.subseconds().count()), 6);
}

void event_line::add(const pid& who) noexcept {
    add("<0.");
    add_number(who.index(), 1);
    add('.');
    add_number(who.generation(), 1);
    add('>');
}

}  // namespace coppice::observe
