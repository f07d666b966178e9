// SPDX-License-Identifier: Apache-2.0
// What can be asked for. Each request runs in a process of its own, which may be killed at its deadline.

#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "coppice/inspect.hpp"
#include "coppice/task.hpp"
#include "inspect/json.hpp"
#include "inspect/parameters.hpp"

namespace coppice::inspect {

/// What all processes of one endpoint share.
struct endpoint_facts {
    options chosen;
    std::chrono::system_clock::time_point started = std::chrono::system_clock::now();

    std::string process_name() const { return "inspect:" + chosen.name; }
};
using shared_facts = std::shared_ptr<const endpoint_facts>;

/// One request, as its method sees it.
struct asked {
    shared_facts facts;
    parameters given;
    std::chrono::nanoseconds end;  ///< Of its time, as `monotonic_time`.
};

struct method {
    std::string_view name;
    bool steers;
    /// Throws request_error.
    task<json> (*run)(const asked& what);
};

[[nodiscard]] std::span<const method> methods();
/// Null if there is none.
[[nodiscard]] const method* find_method(std::string_view name);

// The parts of the table.
[[nodiscard]] std::span<const method> program_methods();
[[nodiscard]] std::span<const method> tree_methods();
[[nodiscard]] std::span<const method> process_methods();
[[nodiscard]] std::span<const method> steering_methods();

}  // namespace coppice::inspect
