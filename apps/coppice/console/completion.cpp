// SPDX-License-Identifier: Apache-2.0
// Candidates for the end of a line, by the kind of word that the command takes there.

#include <algorithm>
#include <iterator>

#include "console/console_commands.hpp"
#include "console/session.hpp"
#include "console/words.hpp"

namespace coppice::cli {
namespace {

std::vector<std::string> texts_of(const json& list, const char* key) {
    std::vector<std::string> out;
    for (const json& each : list) {
        if (std::string text = text_at(each, key); !text.empty()) {
            out.push_back(std::move(text));
        }
    }
    return out;
}

std::vector<std::string> copy_of(std::span<const std::string> all) {
    return {all.begin(), all.end()};
}

/// `before` begins with the name of the command.
std::vector<std::string> candidates(session& with, takes what, const words& before) {
    switch (what) {
        case takes::process:
        case takes::name:
            return texts_of(with.ask("registered"), "name");
        case takes::message:
            return texts_of(with.ask("messages", {{"who", before.at(1)}}), "name");
        case takes::child:
            return texts_of(with.ask("which_children", {{"who", before.at(1)}}), "id");
        case takes::level:
            return copy_of(report_levels());
        case takes::order:
            return copy_of(process_orders());
        case takes::command:
            return command_names();
        case takes::on_or_off: {
            auto all = copy_of(report_levels());
            all.insert(all.begin(), {"on", "off"});
            return all;
        }
        default:
            return {};
    }
}

takes taken_at(const words& before) {
    if (before.empty()) {
        return takes::command;
    }
    const console_command* const command = find_command(before.front());
    if (command == nullptr || before.size() > command->parameters.size()) {
        return takes::nothing;
    }
    return command->parameters.at(before.size() - 1).what;
}

}  // namespace

std::vector<std::string> session::complete(std::string_view line) {
    auto before = split_words(line);
    if (!before) {
        // Inside a quotation.
        before = split_words(std::string{line} + "\"");
    }
    if (!before) {
        return {};
    }
    std::string begun;
    if (!before->empty() && !line.ends_with(' ')) {
        begun = before->back();
        before->pop_back();
    }
    std::vector<std::string> fitting;
    try {
        for (std::string& each : candidates(*this, taken_at(*before), *before)) {
            if (each.starts_with(begun)) {
                fitting.push_back(std::move(each));
            }
        }
    } catch (const inspect::error&) {
        // Completion stays silent about errors; the command will report the same error.
        return {};
    }
    std::ranges::sort(fitting);
    const auto [first, last] = std::ranges::unique(fitting);
    fitting.erase(first, last);
    return fitting;
}

}  // namespace coppice::cli
