// SPDX-License-Identifier: Apache-2.0

#include "commands/options.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace coppice::cli {
namespace {

bool is_one_of(std::initializer_list<std::string_view> all, std::string_view word) {
    return std::ranges::find(all, word) != all.end();
}

}  // namespace

std::expected<options, std::string> read_options(const std::vector<std::string>& arguments,
                                                 std::initializer_list<std::string_view> flags,
                                                 std::initializer_list<std::string_view> with_value,
                                                 std::size_t names_max) {
    options read;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (is_one_of(flags, word)) {
            read.flags.push_back(word);
        } else if (is_one_of(with_value, word)) {
            if (++i == arguments.size()) {
                return std::unexpected{word + " needs a value"};
            }
            read.values.emplace_back(word, arguments[i]);
        } else if (word.starts_with("-")) {
            return std::unexpected{"unknown option " + word};
        } else if (word.empty()) {
            return std::unexpected{"a name is empty"};
        } else if (read.names.size() == names_max) {
            return std::unexpected{word + " is one word too many"};
        } else {
            read.names.push_back(word);
        }
    }
    return read;
}

inspect::client reach(const options& given, std::string_view client) {
    if (!given.names.empty()) {
        return inspect::client::connect(given.names.front(), client);
    }
    const auto all = inspect::programs();
    if (all.empty()) {
        throw inspect::error{0, "no program can be reached; start a program with --inspect"};
    }
    if (all.size() > 1) {
        std::string names;
        for (const inspect::program& each : all) {
            names += (names.empty() ? "" : ", ") + each.name;
        }
        throw inspect::error{0, "several programs can be reached; give one NAME: " + names};
    }
    return inspect::client::connect(all.front().name, client);
}

bool is_terminal(const std::ostream& out) {
    return &out == &std::cout && ::isatty(STDOUT_FILENO) != 0;
}

bool wants_colours(const std::ostream& out) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets variables
    const char* const unwanted = std::getenv("NO_COLOR");
    return is_terminal(out) && (unwanted == nullptr || *unwanted == '\0');
}

}  // namespace coppice::cli
