// SPDX-License-Identifier: Apache-2.0
// registry_options: what a registry is started with.
//
//     registry_options{"rooms"}                                           unique keys
//     registry_options{"topics", duplicate_keys}.partitions(8)            many processes under one key
//     registry_options{"rooms"}.listeners({"log"})                        processes to be told
//
// Threads    Values.
// Blocking   None.
// Ownership  Owns its texts.
// Errors     The constructor and the setters throw `badarg_error` for an empty name and for no partition.
// Cost       Copying copies the texts.
// Semantics  The options of Elixir's Registry.start_link.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/message.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// How many processes a key may have. With several partitions, an entry is in the partition of its key; an
/// entry of `duplicate` is in the partition of its process.
enum class registry_keys : std::uint8_t {
    unique,     ///< One process under each key.
    duplicate,  ///< Many. Suits few keys with many processes each. Elixir's `{:duplicate, :pid}`.
    duplicate_by_key,  ///< Many. Suits many keys with few processes each. Elixir's `{:duplicate, :key}`.
};
/// `unique`, `duplicate` or `duplicate_by_key`.
[[nodiscard]] std::string_view to_string(registry_keys keys);

/// The options of a registry. The setters may be chained.
class registry_options {
  public:
    /// The supervisor of the registry is registered under the name.
    explicit registry_options(std::string name, registry_keys keys = registry_keys::unique);

    const std::string& name() const noexcept { return name_; }    ///< Not empty.
    registry_keys keys() const noexcept { return keys_; }         ///< `unique` by default.
    unsigned partitions() const noexcept { return partitions_; }  ///< 1 by default.
    /// Names of processes that receive `registered_entry` and `unregistered_entry`; none by default.
    const std::vector<std::string>& listeners() const noexcept { return listeners_; }

    /// Setters. Writers of different partitions do not wait for each other.
    registry_options partitions(unsigned count) &&;
    registry_options listeners(std::vector<std::string> names) && {
        listeners_ = std::move(names);
        return std::move(*this);
    }

  private:
    std::string name_;
    registry_keys keys_;
    unsigned partitions_ = 1;
    std::vector<std::string> listeners_;
};

/// The options go to the process of the registry.
template <>
struct message_trait<registry_options> {
    static constexpr bool is_message = true;  ///< Owns all it has.
};

}  // namespace coppice

#pragma GCC visibility pop
