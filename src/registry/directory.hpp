// SPDX-License-Identifier: Apache-2.0
// The registries of a runtime, by name. A name is found without a lock: names are only added. The tables behind a
// name are replaced when the registry is started again.
//
// Threads    Any.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "coppice/detail/registry_access.hpp"
#include "coppice/pid.hpp"
#include "coppice/registry_options.hpp"
#include "registry/partition.hpp"
#include "registry/reading.hpp"

namespace coppice::detail {

/// One registry, from the start of its supervisor on. Constant, but for the insides of the partitions.
struct registry_tables {
    registry_tables() = default;
    registry_tables(const registry_tables&) = delete;
    registry_tables& operator=(const registry_tables&) = delete;

    std::string name;
    registry_keys kind = registry_keys::unique;
    const std::type_info* key = nullptr;
    const std::type_info* value = nullptr;
    std::vector<std::string> listeners;
    pid supervisor;  ///< The registry is known while this process lives.
    std::vector<std::unique_ptr<registry_partition>> partitions;
};

}  // namespace coppice::detail

namespace coppice::registry_layer {

class directory {
  public:
    directory() = default;
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;
    ~directory();

    static directory& of(detail::runtime_core& world);

    /// Inside a `registry_reader`. Null if no registry has had the name.
    const detail::registry_tables* find(std::string_view name) const noexcept;
    /// From now on `find` answers these tables.
    void publish(std::shared_ptr<const detail::registry_tables> made);

  private:
    struct published : detail::retirable {
        explicit published(std::shared_ptr<const detail::registry_tables> t)
            : tables{std::move(t)} {}
        const std::shared_ptr<const detail::registry_tables> tables;
    };
    struct named {
        std::string name;
        std::atomic<published*> now;
        named* older;
    };
    using bucket = std::atomic<named*>;
    static constexpr std::size_t bucket_count = 64;

    static std::size_t bucket_of(std::string_view name) noexcept;
    named* find_in(const bucket& where, std::string_view name) const noexcept;

    std::array<bucket, bucket_count> buckets_{};
    std::mutex mutex_;
    retired_objects retired_;
};

}  // namespace coppice::registry_layer
