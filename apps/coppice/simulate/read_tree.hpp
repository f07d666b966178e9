// SPDX-License-Identifier: Apache-2.0
// The parts of the scenario reader. All throw `scenario_error`.

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/json_cursor.hpp"
#include "simulate/scenario.hpp"

namespace coppice::cli {

/// The two kinds. The caller has checked the keys of the outer object.
tree_scenario read_tree(const json_cursor& from);
process_scenario read_processes(const json_cursor& from);

node read_root(const json_cursor& from);
/// `mode_above`: the mode of the supervisor above, if known.
node read_child(const json_cursor& from, std::optional<auto_shutdown_mode> mode_above);
/// An id that may be part of a path.
std::string read_id(const json_cursor& from);

/// The error for a second child with the same id.
[[nodiscard]] std::string started_twice(const std::string& id);

/// The form that matches the step. `Form` has `name` and `keys`. The step may have no other
/// keys, besides "do" and `more`.
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
