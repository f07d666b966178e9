// SPDX-License-Identifier: Apache-2.0

#include "program/toml_file.hpp"

#include <toml++/toml.h>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace coppice::application::program {
namespace {

/// The value. Empty if environments have no such type.
std::optional<value> converted(const toml::node& node);

std::optional<value> converted_list(const toml::array& items) {
    value_list out;
    for (const toml::node& each : items) {
        auto item = converted(each);
        if (!item) {
            return std::nullopt;
        }
        out.push_back(std::move(*item));
    }
    return value{std::move(out)};
}

std::optional<value> converted_table(const toml::table& entries) {
    table out;
    for (const auto& [key, node] : entries) {
        auto item = converted(node);
        if (!item) {
            return std::nullopt;
        }
        out.set(key.str(), std::move(*item));
    }
    return value{std::move(out)};
}

std::optional<value> converted(const toml::node& node) {
    if (const auto* yes = node.as_boolean()) {
        return value{yes->get()};
    }
    if (const auto* whole = node.as_integer()) {
        return value{whole->get()};
    }
    if (const auto* real = node.as_floating_point()) {
        return value{real->get()};
    }
    if (const auto* text = node.as_string()) {
        return value{text->get()};
    }
    if (const auto* items = node.as_array()) {
        return converted_list(*items);
    }
    if (const auto* entries = node.as_table()) {
        return converted_table(*entries);
    }
    return std::nullopt;
}

/// Reads one file for the applications of a program.
class reader {
  public:
    reader(std::string file, const applications& all, problems& wrong)
        : file_{std::move(file)}, all_{all}, wrong_{wrong} {}

    std::vector<given> read() {
        std::string text;
        if (!load(text)) {
            return {};
        }
        try {
            const toml::table parsed = toml::parse(text, file_);
            for (const auto& [key, node] : parsed) {
                read_section(key, node);
            }
        } catch (const toml::parse_error& error) {
            refuse(error.source().begin, std::string{error.description()});
        }
        for (auto& [where, why] : refused_) {
            wrong_.push_back(std::move(why));
        }
        return std::move(out_);
    }

  private:
    bool load(std::string& text) {
        errno = 0;
        std::ifstream in{file_, std::ios::binary};
        std::ostringstream content;
        // A folder can be opened but not read. An empty file is fine, but `content << in.rdbuf()` would
        // fail for it.
        if (in && in.peek() != std::ifstream::traits_type::eof()) {
            content << in.rdbuf();
        }
        if (in.bad() || errno != 0 || !in.is_open()) {
            wrong_.push_back(file_ + ": cannot be read: " +
                             std::generic_category().message(errno == 0 ? EIO : errno) +
                             "; give --config a readable file");
            return false;
        }
        text = std::move(content).str();
        return true;
    }

    void read_section(const toml::key& key, const toml::node& node) {
        const std::string name{key.str()};
        const configured* const app = find(all_, name);
        if (app == nullptr) {
            refuse(key.source().begin, "this program has no application " + name +
                                           "; it has sections for " + names_of(all_));
        } else if (const auto* section = node.as_table()) {
            read_entries(*app, {}, *section);
        } else {
            refuse(key.source().begin, name + " has to be a section, [" + name +
                                           "], with the settings of that "
                                           "application");
        }
    }

    void read_entries(const configured& app, const std::string& before,
                      const toml::table& entries) {
        for (const auto& [key, node] : entries) {
            const std::string path =
                before.empty() ? std::string{key.str()} : before + "." + std::string{key.str()};
            const auto* inner = node.as_table();
            if (app.declares && app.find(path) == nullptr) {
                if (inner != nullptr && app.has_below(path)) {
                    read_entries(app, path, *inner);
                } else {
                    refuse(key.source().begin,
                           app.name + " has no setting " + path + "; it has " + app.known_keys());
                }
                continue;
            }
            read_value(app, path, node);
        }
    }

    void read_value(const configured& app, const std::string& path, const toml::node& node) {
        const toml::source_position where = node.source().begin;
        auto what = converted(node);
        if (!what) {
            refuse(where,
                   app.name + "." + path + " is a date or a time; write it as a text, in quotes");
        } else if (const std::string why = misfit(app, path, *what); !why.empty()) {
            refuse(where, why);
        } else {
            out_.push_back({&app, path, std::move(*what), place(where)});
        }
    }

    std::string place(const toml::source_position& where) const {
        return file_ + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
    }
    void refuse(const toml::source_position& where, const std::string& why) {
        refused_.emplace(std::pair{where.line, where.column}, place(where) + ": " + why);
    }

    std::string file_;
    const applications& all_;
    problems& wrong_;
    std::vector<given> out_;
    /// Sorted by line and column, because the tables of toml++ are sorted by key.
    std::multimap<std::pair<toml::source_index, toml::source_index>, std::string> refused_;
};

}  // namespace

std::vector<given> read_toml(const std::string& file, const applications& all, problems& wrong) {
    return reader{file, all, wrong}.read();
}

std::optional<value> value_of_toml(const std::string& text) {
    try {
        const toml::table parsed = toml::parse("value = " + text);
        const toml::node* const node = parsed.get("value");
        return parsed.size() == 1 && node != nullptr ? converted(*node) : std::nullopt;
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

}  // namespace coppice::application::program
