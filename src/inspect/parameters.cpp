// SPDX-License-Identifier: Apache-2.0

#include "inspect/parameters.hpp"

#include <charconv>
#include <utility>

#include "coppice/process.hpp"
#include "inspect/protocol.hpp"

namespace coppice::inspect {
namespace {

[[noreturn]] void refuse(const char* key, const std::string& remedy) {
    throw request_error{code::bad_parameter, std::string{key} + ": " + remedy};
}

std::string checked_text(const json& value, const char* key) {
    if (!value.is_string()) {
        refuse(key, "has to be a text");
    }
    return value.get<std::string>();
}

std::int64_t checked_number(const json& value, const char* key, bounds range) {
    const bool fits = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX) &&
                      value.get<std::int64_t>() >= range.least &&
                      value.get<std::int64_t>() <= range.most;
    if (!fits) {
        refuse(key, "has to be a whole number from " + std::to_string(range.least) + " to " +
                        std::to_string(range.most));
    }
    return value.get<std::int64_t>();
}

/// Takes a number and the character `behind` after the number.
bool take_number(std::string_view& text, std::uint32_t& into, char behind) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    if (error != std::errc{} || end == text.data() + text.size() || *end != behind) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

}  // namespace

const json* parameters::find(const char* key) const {
    const auto found = given_.find(key);
    return found == given_.end() || found->is_null() ? nullptr : &*found;
}

std::string parameters::text(const char* key) const {
    const json* const value = find(key);
    if (value == nullptr) {
        refuse(key, "is missing; it has to be a text");
    }
    return checked_text(*value, key);
}

std::string parameters::text(const char* key, std::string_view otherwise) const {
    const json* const value = find(key);
    return value == nullptr ? std::string{otherwise} : checked_text(*value, key);
}

std::int64_t parameters::number(const char* key, std::int64_t otherwise, bounds range) const {
    const json* const value = find(key);
    return value == nullptr ? otherwise : checked_number(*value, key, range);
}

std::int64_t parameters::number(const char* key, bounds range) const {
    const json* const value = find(key);
    if (value == nullptr) {
        refuse(key, "is missing; it has to be a number");
    }
    return checked_number(*value, key, range);
}

bool parameters::flag(const char* key, bool otherwise) const {
    const json* const value = find(key);
    if (value != nullptr && !value->is_boolean()) {
        refuse(key, "has to be true or false");
    }
    return value == nullptr ? otherwise : value->get<bool>();
}

std::vector<std::string> parameters::texts(const char* key) const {
    std::vector<std::string> out;
    const json* const value = find(key);
    if (value == nullptr) {
        return out;
    }
    if (!value->is_array()) {
        refuse(key, "has to be a list of texts");
    }
    for (const json& each : *value) {
        out.push_back(checked_text(each, key));
    }
    return out;
}

pid parameters::process(const char* key) const {
    return find_process(text(key), key);
}

exit_reason parameters::reason(const char* key, std::string_view otherwise) const {
    return reason_from(text(key, otherwise));
}

exit_reason parameters::reason(const char* key) const {
    return reason_from(text(key));
}

std::optional<pid> pid_from(std::string_view text) {
    constexpr std::string_view head = "<0.";
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    if (!text.starts_with(head)) {
        return {};
    }
    text.remove_prefix(head.size());
    if (!take_number(text, index, '.') || !take_number(text, generation, '>') || !text.empty()) {
        return {};
    }
    return pid{self().node(), index, generation};
}

pid find_process(const std::string& who, const char* key) {
    if (who.starts_with('<')) {
        const auto named = pid_from(who);
        if (!named) {
            refuse(key, "\"" + who + "\" is no pid; a pid is written like <0.12.1>");
        }
        if (!coppice::detail::is_alive_now(*named)) {
            throw request_error{code::noproc, "noproc: " + who + " has ended"};
        }
        return *named;
    }
    const pid found = whereis(who);
    if (!found) {
        throw request_error{code::noproc, "noproc: no process has the name \"" + who + "\""};
    }
    return found;
}

}  // namespace coppice::inspect
