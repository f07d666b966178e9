// SPDX-License-Identifier: Apache-2.0

#include "simulate/reader.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "simulate/read_tree.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;

std::string position_in(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t start = before.rfind('\n');
    const std::size_t column =
        start == std::string_view::npos ? before.size() : before.size() - start - 1;
    return "line " + std::to_string(line) + ", column " +
           std::to_string(std::max<std::size_t>(column, 1));
}

/// The message of the JSON library without its own prefix and position.
std::string bare(const std::string& message) {
    const std::size_t colon = message.rfind(": ");
    return colon == std::string::npos ? message : message.substr(colon + 2);
}

/// Watches the parser for what JSON allows and a scenario does not.
class strict_events {
  public:
    bool operator()(int depth, json::parse_event_t event, json& parsed) {
        if (depth > scenario_depth_max) {
            throw scenario_error{"nesting", "is deeper than " + std::to_string(scenario_depth_max) +
                                                "; make the tree flatter"};
        }
        if (event == json::parse_event_t::object_start) {
            keys_.resize(static_cast<std::size_t>(depth) + 1);
            keys_.back().clear();
        } else if (event == json::parse_event_t::key) {
            const auto key = parsed.get<std::string>();
            if (!keys_.at(static_cast<std::size_t>(depth) - 1).insert(key).second) {
                throw scenario_error{"key \"" + key.substr(0, 60) + "\"",
                                     "is written twice in one object; remove one"};
            }
        }
        return true;
    }

  private:
    std::vector<std::set<std::string>> keys_;
};

json parse(std::string_view text) {
    if (text.size() > scenario_bytes_max) {
        throw scenario_error{
            "size", "is over " + std::to_string(scenario_bytes_max) + " bytes; split the scenario"};
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        throw scenario_error{"line 1, column 1", "the file is empty; a scenario is a JSON object"};
    }
    try {
        strict_events strict;
        return json::parse(text, [&strict](int depth, json::parse_event_t event, json& parsed) {
            return strict(depth, event, parsed);
        });
    } catch (const json::parse_error& error) {
        throw scenario_error{position_in(text, error.byte),
                             "this is not JSON: " + bare(error.what()) + "; correct it there"};
    } catch (const json::exception& error) {
        throw scenario_error{"$", "this is not usable JSON: " + bare(error.what())};
    }
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
        return std::unexpected{error};
    }
}

}  // namespace coppice::cli
