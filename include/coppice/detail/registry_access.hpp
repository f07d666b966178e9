// SPDX-License-Identifier: Apache-2.0
// What the templates of registry.hpp and process_groups.hpp call: tables whose keys and values are of types
// that only the templates know.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include "coppice/fwd.hpp"
#include "coppice/pid.hpp"

#pragma GCC visibility push(default)

namespace coppice {

enum class registry_keys : std::uint8_t;

}  // namespace coppice

namespace coppice::detail {

class registry_partition;
class runtime_core;
struct registry_tables;

/// An object that readers may still see after a writer has unlinked it.
struct retirable {
    retirable() = default;
    retirable(const retirable&) = delete;
    retirable& operator=(const retirable&) = delete;
    virtual ~retirable() = default;
    retirable* next_retired = nullptr;  ///< Only for writers, as `retired_in`.
    std::uint64_t retired_in = 0;
};

struct registry_key;

/// A process under a key. For readers all but `next` is constant.
struct registry_entry : retirable {
    pid owner;
    std::atomic<registry_entry*> next{nullptr};  ///< The next younger entry of the key.
    // Only for writers.
    registry_key* key = nullptr;
    registry_entry* older = nullptr;
    registry_entry* next_of_owner = nullptr;
    registry_entry* before_of_owner = nullptr;
};

/// A key with at least one entry. For readers all but `first` is constant.
struct registry_key : retirable {
    explicit registry_key(std::size_t h) noexcept : hash{h} {}
    const std::size_t hash;
    std::atomic<registry_entry*> first{nullptr};  ///< The oldest entry.
    registry_entry* last = nullptr;               ///< Only for writers.
};

template <class Key>
struct typed_registry_key final : registry_key {
    typed_registry_key(std::size_t h, Key k) : registry_key{h}, value{std::move(k)} {}
    static bool is(const registry_key& each, const void* asked) {
        return static_cast<const typed_registry_key&>(each).value ==
               *static_cast<const Key*>(asked);
    }
    const Key value;
};
template <class Value>
struct typed_registry_entry final : registry_entry {
    explicit typed_registry_entry(Value v) : value{std::move(v)} {}
    const Value value;
};

/// A key to look for.
struct registry_probe {
    std::size_t hash;
    const void* key;
    bool (*is)(const registry_key& each, const void* asked);
};

/// std::hash of an integer is the integer: the bits are mixed, since low bits choose the cell.
constexpr std::size_t mixed_hash(std::size_t hash) noexcept {
    std::uint64_t mixed = hash * 0x9E3779B97F4A7C15ULL;
    mixed ^= mixed >> 32U;
    return static_cast<std::size_t>(mixed * 0x9E3779B97F4A7C15ULL >> 16U);
}

/// The name and the types of a registry.
struct registry_identity {
    std::string name;
    const std::type_info* key;
    const std::type_info* value;
};

/// The answer to a registration.
struct registry_grant {
    pid server;  ///< The process of the partition; empty if the registration failed.
    pid holder;  ///< The process that has the key, if the registration failed.
};

/// A key that processes lock.
struct registry_lock_key {
    std::shared_ptr<const registry_key> key;
    bool (*same)(const registry_key& left, const registry_key& right);
};

/// A lock that the calling process holds until the destruction.
class registry_lock {
  public:
    registry_lock(const pid& server, std::uint64_t number) noexcept
        : server_{server}, number_{number} {}
    registry_lock(registry_lock&& other) noexcept
        : server_{std::exchange(other.server_, {})}, number_{other.number_} {}
    registry_lock& operator=(registry_lock&&) = delete;
    ~registry_lock();

  private:
    pid server_;  ///< Empty once moved from.
    std::uint64_t number_;
};
task<registry_lock> take_registry_lock(registry_identity which, registry_lock_key key);

/// While an instance lives, the thread may follow links of a table: nothing that it can see is destroyed. May be
/// nested. Never lives across a suspension.
class registry_reader {
  public:
    /// Throws std::bad_alloc at the first read of a thread.
    registry_reader();
    registry_reader(const registry_reader&) = delete;
    registry_reader& operator=(const registry_reader&) = delete;
    ~registry_reader();
};

/// A read of one registry. While the object lives, no entry that it finds is destroyed. Never lives across a
/// suspension.
class registry_read {
  public:
    /// For the calling process. Empty if the process is dead. Throws `badarg_error` if no registry has the
    /// name, or if the registry has other types.
    explicit registry_read(const registry_identity& which);
    /// For any thread. Empty if no registry of the types has the name.
    registry_read(runtime_core& world, const registry_identity& which);
    registry_read(const registry_read&) = delete;
    registry_read& operator=(const registry_read&) = delete;
    ~registry_read();

    explicit operator bool() const noexcept { return found_ != nullptr; }
    registry_keys kind() const noexcept;
    /// Whether the owner lives: entries of the dead are left out.
    bool lives(const registry_entry& each) const noexcept;
    /// The oldest entry of the key in a partition; null if there is none.
    const registry_entry* first(unsigned partition, const registry_probe& asked) const;
    /// The partitions that may have the key: from `begin` up to `end`.
    struct range {
        unsigned begin;
        unsigned end;
    };
    range partitions_of(std::size_t hash) const noexcept;

    /// Calls `seen(value)` for each living entry of the key.
    template <class Value, class Seen>
    void each_of(const registry_probe& asked, Seen seen) const {
        const range where = partitions_of(asked.hash);
        for (unsigned at = where.begin; at < where.end; ++at) {
            each_in<Value>(at, asked, seen);
        }
    }
    /// Likewise, for one partition.
    template <class Value, class Seen>
    void each_in(unsigned partition, const registry_probe& asked, Seen& seen) const {
        for (const registry_entry* each = first(partition, asked); each != nullptr;
             each = each->next.load()) {
            if (lives(*each)) {
                seen(each->owner, static_cast<const typed_registry_entry<Value>&>(*each).value);
            }
        }
    }
    /// Calls `seen(key, owner, value)` for each living entry.
    template <class Key, class Value, class Seen>
    void each(Seen seen) const {
        auto of_key = [&](const registry_key& key) {
            for (const registry_entry* each = key.first.load(); each != nullptr;
                 each = each->next.load()) {
                if (lives(*each)) {
                    seen(static_cast<const typed_registry_key<Key>&>(key).value, each->owner,
                         static_cast<const typed_registry_entry<Value>&>(*each).value);
                }
            }
        };
        visit(&of_key, [](void* to, const registry_key& key) {
            (*static_cast<decltype(of_key)*>(to))(key);
        });
    }
    /// Calls `seen(key, value)` for each entry of a living process. Takes the locks of the partitions.
    template <class Key, class Value, class Seen>
    void each_of_owner(const pid& who, Seen seen) const {
        auto of_entry = [&](const registry_entry& each) {
            seen(static_cast<const typed_registry_key<Key>&>(*each.key).value,
                 static_cast<const typed_registry_entry<Value>&>(each).value);
        };
        visit_owner(who, &of_entry, [](void* to, const registry_entry& each) {
            (*static_cast<decltype(of_entry)*>(to))(each);
        });
    }

    // Writes. They act for the calling process.
    /// Throws `noproc_error` if the process of the partition has ended.
    registry_grant add(const registry_probe& asked, std::unique_ptr<registry_key> key,
                       std::unique_ptr<registry_entry> entry) const;
    /// Removes the caller's entries of the key for which `goes(context, entry)`.
    void remove(const registry_probe& asked, void* context,
                bool (*goes)(void*, const registry_entry&)) const;
    /// Puts `entry` in the place of the caller's entry of a unique key. False if the caller has none.
    bool replace(const registry_probe& asked, std::unique_ptr<registry_entry> entry) const;
    /// For the process of the partition: adds or removes an entry of another process, without a link.
    void add_for(const pid& owner, const registry_probe& asked, std::unique_ptr<registry_key> key,
                 std::unique_ptr<registry_entry> entry) const;
    /// False if the process has no entry under the key.
    bool remove_one_of(const pid& owner, const registry_probe& asked) const;
    /// Calls `told(context, listener)` for each listener with a process.
    void tell(void* context, void (*told)(void*, const pid&)) const;

  private:
    void visit(void* to, void (*seen)(void*, const registry_key&)) const;
    void visit_owner(const pid& who, void* to, void (*seen)(void*, const registry_entry&)) const;
    registry_partition& partition_of_caller(std::size_t hash) const;
    friend task<registry_lock> take_registry_lock(registry_identity which, registry_lock_key key);

    const registry_reader reading_;
    runtime_core* world_ = nullptr;
    const registry_tables* found_ = nullptr;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
