// SPDX-License-Identifier: Apache-2.0
// Partition supervisor: several children of one kind, and one of them for each key.
//
//     co_await partition_supervisor::start_link(child<counter>(0), {.name = "counters", .partitions = 8});
//     partition_supervisor counters{"counters"};
//     counters.at<counter>("alice").cast(counter::increment{});         // always the same child for "alice"
//     co_await partition_supervisor::start_link(
//         [](std::size_t partition) { return child<store>(partition); }, {.name = "stores"});
//
// The children are the partitions 0 to n - 1, and have these numbers as ids. An integer key means the partition
// `|key| mod n`, any other key the hash of the key mod n. A restarted partition is found again; a handle made by
// `at` means the process of that moment.
//
// Threads    Inside a process.
// Blocking   Awaitable members wait as long as the supervisor needs, without a time limit.
// Ownership  `partition_supervisor` is a weak handle: a pid or a name.
// Errors     `badarg_error` for flags without a name or with 0 partitions, and for a key when there are 0
//            partitions. The caller exits with `{noproc, {partition_supervisor, …}}` when there is no supervisor.
// Cost       A look-up is O(1): a look-up of the name, a short lock, and one hash of the key.
// Semantics  Elixir's PartitionSupervisor.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/callback.hpp"
#include "coppice/supervisor.hpp"

#pragma GCC visibility push(default)

namespace coppice {

/// Options of a partition supervisor.
struct partition_supervisor_flags {
    flag_name name = {};  ///< Registered under this name. Not empty.
    /// At least 1. Empty: the number of scheduler threads.
    std::optional<std::size_t> partitions = std::nullopt;
    restart_strategy strategy = restart_strategy::one_for_one;  ///< As in `supervisor_flags`.
    int max_restarts = 3;                                       ///< As in `supervisor_flags`.
    /// As in `supervisor_flags`.
    basic_time_span<std::chrono::seconds> max_seconds = std::chrono::seconds{5};
};

/// A partition in the answer of `which_children`.
struct partition_info {
    std::size_t partition = 0;  ///< The number of the partition.
    /// As in `child_info`.
    child_status status = child_status::stopped;
    pid process;                           ///< As in `child_info`.
    child_type type = child_type::worker;  ///< As in `child_info`.
};

/// The spec of a partition's child; the id of the spec is replaced by the number of the partition.
using partition_maker = callback<child_spec(std::size_t)>;

namespace detail {

/// The place of a key among the partitions: of an integer its absolute value, else its hash.
template <class Key>
std::uint64_t place_of_key(const Key& key) {
    if constexpr (std::is_integral_v<Key>) {
        if constexpr (std::is_signed_v<Key>) {
            const auto wide = static_cast<std::uint64_t>(key);
            return key < 0 ? std::uint64_t{0} - wide : wide;
        } else {
            return static_cast<std::uint64_t>(key);
        }
    } else if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
        return std::hash<std::string_view>{}(std::string_view{key});
    } else {
        return std::hash<Key>{}(key);
    }
}

}  // namespace detail

/// A handle to a partition supervisor, by pid or by name.
class partition_supervisor : public detail::supervisor_handle {
  public:
    /// By pid or by name.
    using supervisor_handle::supervisor_handle;

    /// The awaitable of `start_link`.
    using start_awaiter = supervisor_start<partition_supervisor>;
    /// Starts a supervisor that is linked to the caller, and its partitions: each is started by the same spec.
    static start_awaiter start_link(child_spec spec, partition_supervisor_flags flags);
    /// The same with a spec for each partition: Elixir's `with_arguments`. `make` runs in the supervisor.
    static start_awaiter start_link(partition_maker make, partition_supervisor_flags flags);

    /// The process of the key's partition. Empty if the partition has not started yet; a dead process while the
    /// partition waits for a restart.
    template <class Key>
    pid at(const Key& key) const {
        return process_at(detail::place_of_key(key));
    }
    /// The same as a handle to a server of class `T`.
    template <class T, class Key>
    server<T> at(const Key& key) const {
        return server<T>{process_at(detail::place_of_key(key))};
    }
    /// The number of partitions.
    std::size_t partitions() const;
    /// The partitions, newest first. Cost: O(n).
    task<std::vector<partition_info>> which_children() const;
    /// As of a supervisor. A partition that `resize` has stopped counts as a spec, and not as active.
    detail::request_to_supervisor<child_counts> count_children() const;
    /// Changes the number of partitions, and gives the number before. At most the number of the start, also 0.
    /// Partitions that are stopped keep their specs. Throws `badarg_error` for more. One process at a time.
    task<std::size_t> resize(std::size_t partitions) const;

  private:
    pid process_at(std::uint64_t place) const;
};

namespace detail {

template <>
struct child_maker<partition_supervisor> {
    /// The id is the registered name.
    static child_spec make(partition_maker make, const partition_supervisor_flags& flags);
    static child_spec make(const child_spec& spec, const partition_supervisor_flags& flags);
};

}  // namespace detail
/// A child that is a partition supervisor: `child<partition_supervisor>(child<counter>(0), {.name = "counters"})`.
template <std::same_as<partition_supervisor> T, class Make>
[[nodiscard]] child_spec child(Make&& make, const partition_supervisor_flags& flags) {
    return detail::child_maker<T>::make(std::forward<Make>(make), flags);
}

}  // namespace coppice

#pragma GCC visibility pop
