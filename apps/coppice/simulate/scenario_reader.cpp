// SPDX-License-Identifier: Apache-2.0

#include "simulate/scenario_reader.hpp"

#include <algorithm>
#include <ios>
#include <set>
#include <spanstream>
#include <vector>

#include "simulate/printable.hpp"
#include "simulate/read_tree.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

/// The place of a byte in the text, as line and column, counted from 1.
std::string place_of(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, byte);
    const std::size_t end_of_last = before.rfind('\n');
    const std::string_view line =
        end_of_last == std::string_view::npos ? before : before.substr(end_of_last + 1);
    const auto starts_character = [](char c) {
        return (static_cast<unsigned>(c) & 0xC0U) != 0x80U;
    };
    return "line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) +
           ", column " +
           std::to_string(std::count_if(line.begin(), line.end(), starts_character) + 1);
}

/// The message of the JSON library without its prefix and position, shortened.
std::string bare(std::string_view message) {
    const std::size_t number = message.find("] ");
    if (number != std::string_view::npos) {
        message.remove_prefix(number + 2);
    }
    const std::size_t position = message.find(": ");
    if (message.starts_with("parse error") && position != std::string_view::npos) {
        message.remove_prefix(position + 2);
    }
    return shortened(message, 200);
}

/// A SAX listener. Refuses two things that JSON allows and a scenario does not: a duplicate key, and
/// unbounded nesting. Runs in linear time, unlike the filter of the library.
class strict_listener {
  public:
    explicit strict_listener(std::string_view text) : text_{text}, in_{text_} {}

    std::istream& input() noexcept { return in_; }

    bool null() { return true; }
    bool boolean(bool) { return true; }
    bool number_integer(std::int64_t) { return true; }
    bool number_unsigned(std::uint64_t) { return true; }
    bool number_float(double, const std::string&) { return true; }
    bool string(const std::string&) { return true; }
    bool binary(const std::vector<std::uint8_t>&) { return true; }

    bool start_object(std::size_t) {
        begin();
        return true;
    }
    bool key(const std::string& name) {
        if (!keys_.back().insert(name).second) {
            fail(start_of_key(),
                 "\"" + shortened(name) + "\" is written twice in one object; remove one");
        }
        return true;
    }
    bool end_object() {
        keys_.pop_back();
        return true;
    }
    bool start_array(std::size_t) {
        begin();
        return true;
    }
    bool end_array() {
        keys_.pop_back();
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const json::exception& error) {
        if (dynamic_cast<const json::parse_error*>(&error) != nullptr) {
            refuse_nul(byte);
            fail(std::max<std::size_t>(byte, 1) - 1,
                 "the text is not JSON: " + bare(error.what()) + "; correct it there");
        }
        // A number out of range.
        fail(text_.find_last_of("0123456789", bytes_read() - 1),
             "the text is not usable JSON: " + bare(error.what()) + "; correct it there");
    }

    /// The parser takes a NUL for the end of the text.
    void refuse_nul_in_what_was_read() { refuse_nul(bytes_read()); }

  private:
    void begin() {
        if (keys_.size() >= scenario_depth_max) {
            fail(bytes_read() - 1, "is nested deeper than " + std::to_string(scenario_depth_max) +
                                       " levels; make the tree flatter");
        }
        keys_.emplace_back();
    }

    void refuse_nul(std::size_t before) const {
        const std::size_t nul = text_.find('\0');
        if (nul < before) {
            fail(nul, "the file has a NUL byte; remove the byte and the text after it");
        }
    }

    /// The parser reports a key right after its closing quote.
    std::size_t start_of_key() {
        std::size_t quote = bytes_read() - 1;
        std::size_t escapes = 1;
        while (escapes % 2 == 1) {
            quote = text_.rfind('"', quote - 1);
            const std::size_t before = text_.find_last_not_of('\\', quote - 1);
            escapes = quote - 1 - before;
        }
        return quote;
    }

    std::size_t bytes_read() {
        return static_cast<std::size_t>(
            in_.rdbuf()->pubseekoff(0, std::ios_base::cur, std::ios_base::in));
    }

    [[noreturn]] void fail(std::size_t byte, const std::string& problem) const {
        throw scenario_error{place_of(text_, byte), problem};
    }

    std::string_view text_;
    std::ispanstream in_;
    /// The keys of each enclosing object and list; a list has none.
    std::vector<std::set<std::string>> keys_;
};

json strictly_parsed(std::string_view text) {
    strict_listener listener{text};
    json::sax_parse(listener.input(), &listener);
    listener.refuse_nul_in_what_was_read();
    return json::parse(text);
}

json parse(std::string_view text) {
    if (text.size() > scenario_bytes_max) {
        throw scenario_error{"size",
                             "is over " + std::to_string(scenario_bytes_max >> 20U) +
                                 " MiB, more than any scenario needs; split it into several"};
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        throw scenario_error{"line 1, column 1", "the file is empty; a scenario is a JSON object"};
    }
    return strictly_parsed(text);
}

scenario read(const json_cursor& from) {
    from.require_object({"version", "kind", "root", "steps", "seed"});
    if (from.at("version").integer(INT64_MIN, INT64_MAX) != 1) {
        from.at("version").fail("is not a known version; write 1");
    }
    const bool processes =
        from.has("kind") && from.at("kind").one_of({"supervision", "processes"}) == 1;
    if (processes) {
        return read_processes(from);
    }
    return read_tree(from);
}

}  // namespace

std::string to_string(const scenario_error& error) {
    return error.place + ": " + error.problem;
}

std::expected<scenario, scenario_error> read_scenario(std::string_view text) {
    try {
        const json parsed = parse(text);
        return read(json_cursor{parsed, "$"});
    } catch (const scenario_error& error) {
        // The texts of a scenario may come from anywhere.
        return std::unexpected{scenario_error{printable(error.place), printable(error.problem)}};
    }
}

}  // namespace coppice::cli
