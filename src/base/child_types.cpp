// SPDX-License-Identifier: Apache-2.0

#include "coppice/child_types.hpp"

namespace coppice {

std::string_view to_string(restart_type type) noexcept {
    switch (type) {
        case restart_type::permanent:
            return "permanent";
        case restart_type::transient:
            return "transient";
        case restart_type::temporary:
            return "temporary";
    }
    return "?";
}

std::string_view to_string(child_type type) noexcept {
    return type == child_type::worker ? "worker" : "supervisor";
}

std::string_view to_string(restart_strategy strategy) noexcept {
    switch (strategy) {
        case restart_strategy::one_for_one:
            return "one_for_one";
        case restart_strategy::one_for_all:
            return "one_for_all";
        case restart_strategy::rest_for_one:
            return "rest_for_one";
    }
    return "?";
}

std::string_view to_string(auto_shutdown_mode mode) noexcept {
    switch (mode) {
        case auto_shutdown_mode::never:
            return "never";
        case auto_shutdown_mode::any_significant:
            return "any_significant";
        case auto_shutdown_mode::all_significant:
            return "all_significant";
    }
    return "?";
}

std::string_view to_string(child_status status) noexcept {
    switch (status) {
        case child_status::stopped:
            return "undefined";
        case child_status::running:
            return "alive";
        case child_status::restarting:
            return "restarting";
    }
    return "?";
}

std::string to_string(shutdown_limit limit) {
    if (limit.is_brutal_kill()) {
        return "brutal_kill";
    }
    return limit.is_infinity() ? "infinity" : std::to_string(limit.value().count());
}

}  // namespace coppice
