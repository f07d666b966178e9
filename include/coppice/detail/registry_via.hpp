// SPDX-License-Identifier: Apache-2.0
// Keys of registries: the requirements of a key, and a key as an address.

#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>

#include "coppice/detail/registry_access.hpp"
#include "coppice/detail/via_name.hpp"
#include "coppice/process.hpp"
#include "coppice/registry_options.hpp"
#include "coppice/show.hpp"

#pragma GCC visibility push(default)

namespace coppice {

template <class Key, class Value>
class registry;

namespace detail {

template <class Key>
concept registry_key_type =
    std::equality_comparable<Key> && std::copy_constructible<Key> && requires(const Key& key) {
        { std::hash<Key>{}(key) } -> std::convertible_to<std::size_t>;
    };

template <class Key>
registry_probe probe_for(const Key& key) {
    return {mixed_hash(std::hash<Key>{}(key)), &key, &typed_registry_key<Key>::is};
}

/// A key of a registry with unique keys, and the value of a process that takes the key.
template <class Key, class Value>
class registry_via final : public via_name {
  public:
    registry_via(registry_identity where, Key key, Value value)
        : where_{std::move(where)}, key_{std::move(key)}, value_{std::move(value)} {}

    pid whereis() const override {
        const registry_read now{where_};
        return now ? require_unique(now), find(now) : pid{};
    }
    pid whereis_in(runtime_core& world) const noexcept override {
        try {
            const registry_read now{world, where_};
            return now && now.kind() == registry_keys::unique ? find(now) : pid{};
        } catch (...) {  // no memory for the first read of a thread, or from the comparison of keys
            return {};
        }
    }
    pid take() const override {
        const coppice::registry<Key, Value> into{where_.name};
        {
            const registry_read now{where_};
            if (now) {
                require_unique(now);
            }
        }
        const auto given = into.register_key(key_, value_);
        return given ? pid{} : given.error().process;
    }
    const std::string& registry() const noexcept override { return where_.name; }
    std::string key() const override { return show(key_); }
    std::size_t hash() const noexcept override {
        return std::hash<std::string>{}(where_.name) ^ probe_for(key_).hash;
    }
    bool equals(const via_name& other) const override {
        const auto* const same = dynamic_cast<const registry_via*>(&other);
        return same != nullptr && same->where_.name == where_.name && same->key_ == key_;
    }

  private:
    void require_unique(const registry_read& now) const {
        if (now.kind() != registry_keys::unique) {
            throw badarg_error{"an address via a registry needs unique keys: \"" + where_.name +
                               "\" has duplicate keys"};
        }
    }
    pid find(const registry_read& now) const {
        pid found;
        now.each_of<Value>(probe_for(key_), [&](const pid& who, const Value&) { found = who; });
        return found;
    }

    const registry_identity where_;
    const Key key_;
    const Value value_;
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
