// SPDX-License-Identifier: Apache-2.0
// The methods of the protocol. Each request runs in a separate process, which a deadline can kill.

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

/// Shared by all processes of one endpoint.
struct endpoint_facts {
    options chosen;
    std::chrono::system_clock::time_point started = std::chrono::system_clock::now();

    std::string process_name() const { return "inspect:" + chosen.name; }
};
using shared_facts = std::shared_ptr<const endpoint_facts>;

/// One request, as seen by its method.
struct asked {
    shared_facts facts;
    parameters given;
    /// The deadline, on the clock of `monotonic_time`.
    std::chrono::nanoseconds end;
};

struct method {
    std::string_view name;
    bool steers;
    /// Throws `request_error`.
    task<json> (*run)(const asked& what);
};

[[nodiscard]] std::span<const method> methods();
/// Null for an unknown name.
[[nodiscard]] const method* find_method(std::string_view name);

// The parts of the table.
[[nodiscard]] std::span<const method> program_methods();
[[nodiscard]] std::span<const method> tree_methods();
[[nodiscard]] std::span<const method> process_methods();
[[nodiscard]] std::span<const method> steering_methods();

}  // namespace coppice::inspect
