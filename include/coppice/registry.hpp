// SPDX-License-Identifier: Apache-2.0
// registry: finds processes by keys of any type.
//
//     co_await registry<std::string>::start_link(registry_options{"rooms"});
//     registry<std::string> rooms{"rooms"};
//     rooms.register_key("lobby");                              the calling process, under the key
//     pid lobby = rooms.whereis("lobby");
//     auto started = co_await start_link<room>(named(rooms.via("attic")));
//     server<room> attic{rooms.via("attic")};                   still right after a restart
//
//     registry<topic, filter> topics{"topics"};                 with duplicate_keys: many processes under a key
//     topics.dispatch(news, [](const auto& entries) { … });
//
// A registry is a supervisor over one process for each partition. A process with entries is linked to the
// process of the partition: the end of the process removes its entries, and the end of the partition ends the
// processes that do not trap exits. An entry of a process that has ended is never found, even before its
// removal.
//
// The handle is a name with types. Each use looks the registry up. The types of a handle have to be those with
// which the registry was started. Keys need a `std::hash` and `==`; neither they nor a predicate may use the
// registry.
//
// Threads    Inside a process. A process registers itself. Values are copied out.
// Blocking   None. Look-ups take no lock: `lookup`, `whereis`, `match`, `select`, the counts, `dispatch`, and each
//            use of an address from `via`. `keys` and changes take the lock of a partition for a moment.
// Ownership  The registry owns keys and values. A removed value is destroyed later, by a process that changes
//            the partition, or with the runtime.
// Errors     `badarg_error` if no registry has the name or if its types are others, and as stated. `register_key`
//            throws `noproc_error` while a partition restarts.
// Cost       A look-up is O(1), and O(partitions) for `duplicate`. `select` and `count` are O(entries). Removed
//            entries are kept until no thread reads: some 64 for each partition.
// Semantics  Elixir's Registry; docs/differences.md lists the differences.

#pragma once

#include <concepts>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/address.hpp"
#include "coppice/detail/registry_access.hpp"
#include "coppice/detail/registry_via.hpp"
#include "coppice/message.hpp"
#include "coppice/process.hpp"
#include "coppice/registry_options.hpp"
#include "coppice/supervisor.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// The error of `register_key`: another process, or the caller, has the unique key.
struct already_registered {
    pid process;  ///< The process that has the key.
};

/// For listeners: a process has registered itself.
template <class Key, class Value = std::monostate>
struct registered_entry {
    std::string registry;
    Key key;
    pid process;
    Value value;
};
/// For listeners: a process has called `unregister`, whether or not it had an entry, or has removed its last entry
/// under the key by `unregister_match`. The end of a process sends nothing, as in Elixir: monitor the process.
template <class Key>
struct unregistered_entry {
    std::string registry;
    Key key;
    pid process;
};

namespace detail {

supervisor_init begin_registry(const registry_options& how, const std::type_info& key,
                               const std::type_info& value);

/// The supervisor of a registry, as a supervisor class.
template <class Key, class Value>
struct registry_tree {
    static supervisor_init init(registry_options how) {
        return begin_registry(how, typeid(Key), typeid(Value));
    }
};

}  // namespace detail

/// A handle to a registry: its name, and the types of its keys and values. Making a handle starts nothing.
template <class Key, class Value = std::monostate>
class registry {
    static_assert(detail::registry_key_type<Key>,
                  "the keys of a registry can be copied and compared, and have a std::hash");
    static_assert(std::copy_constructible<Value>, "the values of a registry are copied out");

  public:
    /// A process under a key.
    struct entry {
        pid process;
        Value value;
    };
    /// A process with its key.
    struct full_entry {
        Key key;
        pid process;
        Value value;
    };
    /// The result of `update_value`.
    struct updated_value {
        Value now;
        Value before;
    };

    /// The registry of this name.
    explicit registry(std::string name) : where_{std::move(name), &typeid(Key), &typeid(Value)} {
        detail::require_message<Key>();
        detail::require_message<Value>();
    }
    /// The name of the registry.
    const std::string& name() const noexcept { return where_.name; }
    /// Equal names.
    bool operator==(const registry& other) const noexcept { return name() == other.name(); }

    /// Starts a registry that is linked to the caller. `child<registry<Key, Value>>(options)` makes a child.
    static supervisor::start_awaiter start_link(registry_options options) {
        std::string name = options.name();
        return supervisor::start_link<detail::registry_tree<Key, Value>>(named(name),
                                                                         std::move(options));
    }

    /// Registers the calling process. With unique keys an error if a living process has the key, even the caller
    /// itself; the value then stays. Answers the process of the partition, to which the caller is now linked.
    std::expected<pid, already_registered> register_key(Key key, Value value = Value{}) const {
        using result = std::expected<pid, already_registered>;
        const detail::registry_read now{where_};
        if (!now) {
            return result{pid{}};
        }
        const detail::registry_probe asked = detail::probe_for(key);
        const auto given =
            now.add(asked, std::make_unique<detail::typed_registry_key<Key>>(asked.hash, key),
                    std::make_unique<detail::typed_registry_entry<Value>>(value));
        if (!given.server) {
            return std::unexpected(already_registered{given.holder});
        }
        tell(now, registered_entry<Key, Value>{name(), std::move(key), self(), std::move(value)});
        return result{given.server};
    }
    /// Removes all of the caller's entries under the key. The link goes with the last entry of the partition.
    void unregister(const Key& key) const {
        const detail::registry_read now{where_};
        if (now) {
            remove(now, key, [](const Value&) { return true; });
            tell(now, unregistered_entry<Key>{name(), key, self()});
        }
    }
    /// Removes the caller's entries under the key for whose values `goes(value)` is true. Tells listeners if the
    /// caller then has no entry under the key.
    template <class Predicate>
    void unregister_match(const Key& key, Predicate goes) const {
        const detail::registry_read now{where_};
        if (now) {
            bool stays = false;
            remove(now, key, [&](const Value& value) {
                const bool leaves = goes(value);
                stays = stays || !leaves;
                return leaves;
            });
            if (!stays) {
                tell(now, unregistered_entry<Key>{name(), key, self()});
            }
        }
    }
    /// Replaces the value of the caller's entry by `change(value)`. Nothing if the caller does not have the key.
    /// Throws `badarg_error` for duplicate keys.
    template <class Change>
    std::optional<updated_value> update_value(const Key& key, Change change) const {
        const detail::registry_read now{where_};
        if (!now) {
            return std::nullopt;
        }
        require_unique(now, "update_value");
        const detail::registry_probe asked = detail::probe_for(key);
        std::optional<Value> before;
        now.template each_of<Value>(asked, [&](const pid& who, const Value& value) {
            if (who == self()) {
                before.emplace(value);
            }
        });
        if (!before) {
            return std::nullopt;
        }
        Value after = change(std::as_const(*before));
        if (!now.replace(asked, std::make_unique<detail::typed_registry_entry<Value>>(after))) {
            return std::nullopt;
        }
        return updated_value{std::move(after), std::move(*before)};
    }

    /// The entries of the key: at most one with unique keys; else in the order of their registration, for each
    /// partition.
    std::vector<entry> lookup(const Key& key) const {
        return match(key, [](const Value&) { return true; });
    }
    /// The process that has the unique key; empty if none has. Throws `badarg_error` for duplicate keys.
    pid whereis(const Key& key) const {
        pid found;
        const detail::registry_read now{where_};
        if (now) {
            require_unique(now, "whereis");
            now.template each_of<Value>(detail::probe_for(key),
                                        [&](const pid& who, const Value&) { found = who; });
        }
        return found;
    }
    /// The entries of the key for whose values `fits(value)` is true.
    template <class Predicate>
    std::vector<entry> match(const Key& key, Predicate fits) const {
        std::vector<entry> out;
        each_of(key, [&](const pid& who, const Value& value) {
            if (fits(value)) {
                out.push_back(entry{who, value});
            }
        });
        return out;
    }
    /// The number of these entries.
    template <class Predicate>
    std::size_t count_match(const Key& key, Predicate fits) const {
        std::size_t sum = 0;
        each_of(key, [&](const pid&, const Value& value) { sum += fits(value) ? 1U : 0U; });
        return sum;
    }
    /// Values of one process under the key.
    std::vector<Value> values(const Key& key, const pid& of) const {
        std::vector<Value> out;
        each_of(key, [&](const pid& who, const Value& value) {
            if (who == of) {
                out.push_back(value);
            }
        });
        return out;
    }
    /// The keys of a process, in no particular order. A key with several entries comes several times.
    std::vector<Key> keys(const pid& of) const {
        std::vector<Key> out;
        const detail::registry_read now{where_};
        if (now) {
            now.template each_of_owner<Key, Value>(
                of, [&](const Key& key, const Value&) { out.push_back(key); });
        }
        return out;
    }
    /// The entries for which `fits(key, process, value)` is true, in no particular order.
    template <class Predicate>
    std::vector<full_entry> select(Predicate fits) const {
        std::vector<full_entry> out;
        each([&](const Key& key, const pid& who, const Value& value) {
            if (fits(key, who, value)) {
                out.push_back(full_entry{key, who, value});
            }
        });
        return out;
    }
    /// The number of these entries.
    template <class Predicate>
    std::size_t count_select(Predicate fits) const {
        std::size_t sum = 0;
        each([&](const Key& key, const pid& who, const Value& value) {
            sum += fits(key, who, value) ? 1U : 0U;
        });
        return sum;
    }
    /// The number of entries.
    std::size_t count() const {
        return count_select([](const Key&, const pid&, const Value&) { return true; });
    }

    /// Calls `f(entries)` in the caller, with a vector of the entries of the key; not at all if there are none. For
    /// `duplicate` with several partitions, once for each partition with entries.
    template <class F>
    void dispatch(const Key& key, F f) const {
        std::vector<std::vector<entry>> found;
        {
            const detail::registry_read now{where_};
            if (!now) {
                return;
            }
            const detail::registry_probe asked = detail::probe_for(key);
            const auto where = now.partitions_of(asked.hash);
            for (unsigned at = where.begin; at < where.end; ++at) {
                found.emplace_back();
                auto take = [&](const pid& who, const Value& value) {
                    found.back().push_back(entry{who, value});
                };
                now.template each_in<Value>(at, asked, take);
            }
        }
        for (const std::vector<entry>& each : found) {
            if (!each.empty()) {
                f(each);
            }
        }
    }

    /// Runs `f()` in the caller while no other process runs a function under `lock` with the key. `f` may be a
    /// coroutine. Callers wait in the order of their calls. The lock is released when `f` returns or throws, or
    /// when the caller ends. A lock is no entry: the key need not be registered.
    template <class F>
    [[nodiscard("co_await it")]] auto lock(Key key, F&& f) const {
        detail::require_safe_function<F>();
        const detail::registry_probe asked = detail::probe_for(key);
        auto shared =
            std::make_shared<const detail::typed_registry_key<Key>>(asked.hash, std::move(key));
        return run_locked(detail::take_registry_lock(where_, {std::move(shared), &is_same_key}),
                          std::decay_t<F>(std::forward<F>(f)));
    }

    /// The address of the process that has the key, looked up at each use. A process that is started with the
    /// address as its name registers itself under the key, with the value.
    address via(Key key, Value value = Value{}) const {
        return address{std::shared_ptr<const detail::via_name>{
            std::make_shared<detail::registry_via<Key, Value>>(where_, std::move(key),
                                                               std::move(value))}};
    }

  private:
    template <class F>
    static auto run_locked(task<detail::registry_lock> taking, F f)
        -> task<typename detail::unwrapped<std::invoke_result_t<F&>>::type> {
        using result = std::invoke_result_t<F&>;
        const detail::registry_lock held = co_await taking;
        if constexpr (detail::is_task<result>::value) {
            auto running = f();
            co_return co_await running;
        } else {
            co_return f();
        }
    }
    static bool is_same_key(const detail::registry_key& left, const detail::registry_key& right) {
        using typed = detail::typed_registry_key<Key>;
        return typed::is(left, &static_cast<const typed&>(right).value);
    }
    template <class Seen>
    void each_of(const Key& key, Seen seen) const {
        const detail::registry_read now{where_};
        if (now) {
            now.template each_of<Value>(detail::probe_for(key), std::move(seen));
        }
    }
    template <class Seen>
    void each(Seen seen) const {
        const detail::registry_read now{where_};
        if (now) {
            now.template each<Key, Value>(std::move(seen));
        }
    }
    template <class Predicate>
    static void remove(const detail::registry_read& now, const Key& key, Predicate goes) {
        now.remove(detail::probe_for(key), &goes,
                   [](void* predicate, const detail::registry_entry& each) -> bool {
                       return (*static_cast<Predicate*>(predicate))(
                           static_cast<const detail::typed_registry_entry<Value>&>(each).value);
                   });
    }
    template <class Told>
    static void tell(const detail::registry_read& now, const Told& told) {
        now.tell(const_cast<Told*>(&told), [](void* what, const pid& listener) {
            send(listener, Told{*static_cast<const Told*>(what)});
        });
    }
    void require_unique(const detail::registry_read& now, const char* what) const {
        if (now.kind() != registry_keys::unique) {
            throw badarg_error{std::string{what} + " needs unique keys: the registry \"" + name() +
                               "\" has duplicate keys"};
        }
    }

    detail::registry_identity where_;
};

namespace detail {

/// A child that is a registry has the name of the registry as its id.
template <class Key, class Value>
struct child_maker<coppice::registry<Key, Value>> {
    static child_spec make(registry_options options) {
        std::string name = options.name();
        child_spec spec = child_maker<registry_tree<Key, Value>>::make(std::move(options));
        spec.name(name);
        return std::move(spec.id(std::move(name)));
    }
};

}  // namespace detail
}  // namespace coppice

#pragma GCC visibility pop
