// SPDX-License-Identifier: Apache-2.0

#include "supervise/validate.hpp"

#include <limits>
#include <vector>

#include "coppice/health_check.hpp"
#include "supervise/key_index.hpp"

namespace coppice::supervise {
namespace {

exit_reason wrong(const char* what, exit_reason value) {
    return exit_reason::tuple(what, std::move(value));
}

/// The field that is wrong, if there is one.
std::optional<const char*> wrong_field(const restart_backoff& given) {
    const auto zero = std::chrono::nanoseconds::zero();
    if (given.first.value() < zero) {
        return "first";
    }
    if (!(given.factor >= 1) || given.factor > std::numeric_limits<double>::max()) {
        return "factor";
    }
    if (given.maximum < given.first) {
        return "maximum";
    }
    if (!(given.jitter >= 0 && given.jitter <= 1)) {
        return "jitter";
    }
    return given.reset_after.value() < zero ? std::optional{"reset_after"} : std::nullopt;
}

std::optional<const char*> wrong_field(const restart_budget& given) {
    if (given.max_restarts < 0) {
        return "max_restarts";
    }
    return given.max_seconds.count() <= 0 ? std::optional{"max_seconds"} : std::nullopt;
}

std::optional<const char*> wrong_field(const health_check& given) {
    if (given.every.count() <= 0) {
        return "every";
    }
    if (given.timeout.count() <= 0) {
        return "timeout";
    }
    return given.failures <= 0 ? std::optional{"failures"} : std::nullopt;
}

template <class Settings>
std::optional<exit_reason> wrong_setting(const char* what, const std::optional<Settings>& given) {
    const std::optional<const char*> field = given ? wrong_field(*given) : std::nullopt;
    return field ? std::optional{wrong(what, exit_reason{*field})} : std::nullopt;
}

/// The settings that OTP does not have.
std::optional<exit_reason> wrong_with_settings(const child_spec& spec) {
    if (auto error = wrong_setting("invalid_backoff", spec.backoff())) {
        return error;
    }
    if (auto error = wrong_setting("invalid_budget", spec.budget())) {
        return error;
    }
    if (const auto limit = spec.ready_within(); limit && limit->count() <= 0) {
        const auto shown = detail::saturated<std::chrono::milliseconds>(limit->value());
        return wrong("invalid_ready_within", exit_reason::integer(shown.count()));
    }
    return wrong_setting("invalid_health", spec.health());
}

exit_reason bad_combination(const char* key, std::string_view value) {
    return exit_reason::tuple("bad_combination",
                              exit_reason::tuple(key, exit_reason::symbol(value)),
                              exit_reason::tuple("significant", "true"));
}

}  // namespace

bool has_wrong_field(const restart_backoff& given) {
    return wrong_field(given).has_value();
}

bool has_wrong_field(const restart_budget& given) {
    return wrong_field(given).has_value();
}

std::optional<exit_reason> wrong_with(const supervisor_flags& flags) {
    if (flags.strategy > restart_strategy::rest_for_one) {
        return wrong("invalid_strategy", exit_reason::integer(static_cast<int>(flags.strategy)));
    }
    if (flags.max_restarts < 0) {
        return wrong("invalid_intensity", exit_reason::integer(flags.max_restarts));
    }
    if (flags.max_seconds <= std::chrono::seconds::zero()) {
        return wrong("invalid_period", exit_reason::integer(flags.max_seconds.count()));
    }
    if (flags.auto_shutdown > auto_shutdown_mode::all_significant) {
        return wrong("invalid_auto_shutdown",
                     exit_reason::integer(static_cast<int>(flags.auto_shutdown)));
    }
    return wrong_setting("invalid_backoff", std::optional{flags.backoff});
}

std::optional<exit_reason> wrong_with(const child_spec& spec, auto_shutdown_mode mode) {
    if (spec.id().empty()) {
        return exit_reason{"missing_id"};
    }
    if (!spec.start()) {
        return exit_reason{"missing_start"};
    }
    if (!spec.name().empty() && !spec.start().takes_name()) {
        return wrong("invalid_name",
                     exit_reason::text("a child with a start of its own is named there, as in "
                                       "start_link<T>(named(...)): leave out .name(...)"));
    }
    if (spec.restart() > restart_type::temporary) {
        return wrong("invalid_restart_type",
                     exit_reason::integer(static_cast<int>(spec.restart())));
    }
    if (spec.significant() && mode == auto_shutdown_mode::never) {
        return bad_combination("auto_shutdown", "never");
    }
    if (spec.significant() && spec.restart() == restart_type::permanent) {
        return bad_combination("restart", "permanent");
    }
    if (spec.type() > child_type::supervisor) {
        return wrong("invalid_child_type", exit_reason::integer(static_cast<int>(spec.type())));
    }
    if (!spec.shutdown().is_valid()) {
        return wrong("invalid_shutdown", exit_reason::integer(spec.shutdown().value().count()));
    }
    return spec.has_settings() ? wrong_with_settings(spec) : std::nullopt;
}

std::optional<exit_reason> wrong_with(const child_list& children, auto_shutdown_mode mode) {
    const std::vector<child_spec>& specs = children.specs();
    key_index by_id;
    by_id.reserve(specs.size());
    for (child_key key = 0; key < specs.size(); ++key) {
        const child_spec& spec = specs[key];
        if (auto error = wrong_with(spec, mode)) {
            return error;
        }
        const std::uint32_t hash = hash_of(spec.id());
        const auto has_this_id = [&](child_key other) { return specs[other].id() == spec.id(); };
        if (by_id.find(hash, has_this_id) != no_child) {
            return wrong("duplicate_child_name", exit_reason::symbol(spec.id()));
        }
        by_id.insert(hash, key);
    }
    return std::nullopt;
}

}  // namespace coppice::supervise

namespace coppice {

void_result check_childspecs(const child_list& children, auto_shutdown_mode mode) {
    if (auto error = supervise::wrong_with(children, mode)) {
        return std::unexpected{std::move(*error)};
    }
    return {};
}

}  // namespace coppice
