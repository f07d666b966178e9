// SPDX-License-Identifier: Apache-2.0
// The parts of reading a scenario. All throw scenario_error.

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/json_cursor.hpp"
#include "simulate/model.hpp"

namespace coppice::cli {

/// The two kinds. The caller has checked the outer object's keys.
tree_scenario read_tree(const json_cursor& from);
process_scenario read_processes(const json_cursor& from);

node read_root(const json_cursor& from);
/// `mode_above`: the supervisor's, if that is known.
node read_child(const json_cursor& from, std::optional<auto_shutdown_mode> mode_above);
/// An id, which may be part of a path.
std::string read_id(const json_cursor& from);

/// What is said of a second child with one id.
[[nodiscard]] std::string started_twice(const std::string& id);

/// The form of the step, which has a `name` and `keys`. The step has no others, besides "do" and
/// `more`.
template <class Form>
const Form& form_of(const json_cursor& from, const std::vector<Form>& forms,
                    std::vector<std::string_view> more = {}) {
    std::vector<std::string_view> names;
    for (const Form& each : forms) {
        names.push_back(each.name);
    }
    const Form& found = forms[from.at("do").one_of(names)];
    more.insert(more.begin(), found.keys.begin(), found.keys.end());
    more.insert(more.begin(), "do");
    from.require_object(more);
    return found;
}

inline constexpr std::int64_t milliseconds_max = 1'000'000'000;

}  // namespace coppice::cli
