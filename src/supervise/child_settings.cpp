// SPDX-License-Identifier: Apache-2.0

#include "supervise/child_settings.hpp"

#include <memory>
#include <utility>

namespace coppice {
namespace {

using settings_ptr = std::shared_ptr<const detail::child_settings>;

/// The setting of that member, or nothing.
template <class V>
std::optional<V> get(const settings_ptr& from, std::optional<V> detail::child_settings::* member) {
    return from == nullptr ? std::nullopt : (*from).*member;
}

/// Other specs may share the settings, so the settings are copied.
template <class V>
void change(settings_ptr& in, std::optional<V> detail::child_settings::* member, const V& value) {
    auto changed =
        std::make_shared<detail::child_settings>(in == nullptr ? detail::child_settings{} : *in);
    (*changed).*member = value;
    in = std::move(changed);
}

}  // namespace

std::optional<restart_backoff> child_spec::backoff() const {
    return get(settings_, &detail::child_settings::backoff);
}

std::optional<restart_budget> child_spec::budget() const {
    return get(settings_, &detail::child_settings::budget);
}

std::optional<time_span> child_spec::ready_within() const {
    return get(settings_, &detail::child_settings::ready_within);
}

std::optional<health_check> child_spec::health() const {
    return get(settings_, &detail::child_settings::health);
}

child_spec& child_spec::backoff(const restart_backoff& value) & {
    change(settings_, &detail::child_settings::backoff, value);
    return *this;
}

child_spec& child_spec::budget(const restart_budget& value) & {
    change(settings_, &detail::child_settings::budget, value);
    return *this;
}

child_spec& child_spec::ready_within(time_span value) & {
    change(settings_, &detail::child_settings::ready_within, value);
    return *this;
}

child_spec& child_spec::health(const health_check& value) & {
    change(settings_, &detail::child_settings::health, value);
    return *this;
}

}  // namespace coppice
