// SPDX-License-Identifier: Apache-2.0
// Pids, which identify processes, and references, which identify monitors, timers and calls.
//
// Both are plain values. Neither keeps anything alive. Neither is ever reused in an observable way: a pid
// still identifies its process after the process has ended. A pid prints as `<0.INDEX.GENERATION>`. The first
// number is not 0 for a process on a node outside of this OS process.
//
// Threads    Values: copy and compare on any thread.
// Blocking   None.
// Ownership  Plain values.
// Errors     None, except std::bad_alloc when printing.
// Cost       12 bytes a pid, 16 bytes a ref; all operations but printing are O(1).
// Today      No layer connects nodes: every process is of a runtime of this OS process. The choice of index,
//            generation and value may change.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#pragma GCC visibility push(default)

namespace coppice {

/// Identifies one process for ever, alive or dead. The empty pid identifies no process.
class pid {
  public:
    /// The empty pid.
    constexpr pid() noexcept = default;
    /// For tests and tools: names a process by the three numbers. The process need not exist.
    constexpr pid(std::uint32_t node, std::uint32_t index, std::uint32_t generation) noexcept
        : node_{node}, index_{index}, generation_{generation} {}

    /// False for the empty pid. Does not tell whether the process is alive.
    constexpr explicit operator bool() const noexcept { return node_ != 0; }
    /// Ordered by node, index and generation.
    constexpr auto operator<=>(const pid&) const noexcept = default;

    /// The number of the process's node, which is unique within the OS process. A node is a runtime of this
    /// OS process, or one incarnation of a node elsewhere.
    constexpr std::uint32_t node() const noexcept { return node_; }
    /// The slot of the process, and a number that tells the processes of one slot apart.
    constexpr std::uint32_t index() const noexcept { return index_; }
    constexpr std::uint32_t generation() const noexcept { return generation_; }

  private:
    std::uint32_t node_ = 0;
    std::uint32_t index_ = 0;
    std::uint32_t generation_ = 0;
};

/// A reference: unique within one node. Identifies a monitor, a timer or a call.
class ref {
  public:
    /// The empty ref.
    constexpr ref() noexcept = default;
    /// Made by `monitor` and by the other functions that return a ref.
    constexpr explicit ref(std::uint64_t value) noexcept : value_{value} {}
    /// Names a reference that was made on the node elsewhere with the number `node`.
    constexpr ref(std::uint64_t value, std::uint32_t node) noexcept : value_{value}, node_{node} {}

    /// False for the empty ref.
    constexpr explicit operator bool() const noexcept { return value_ != 0; }
    /// Ordered by value, then by node.
    constexpr auto operator<=>(const ref&) const noexcept = default;
    /// The number behind the ref; 0 for the empty one.
    constexpr std::uint64_t value() const noexcept { return value_; }
    /// 0 for a ref made by a runtime of this OS process, else as `pid::node`.
    constexpr std::uint32_t node() const noexcept { return node_; }

  private:
    std::uint64_t value_ = 0;
    std::uint32_t node_ = 0;
};

/// `<0.12.1>` and `#Ref<0.42>`; `undefined` for the empty pid.
[[nodiscard]] std::string to_string(const pid& who);
[[nodiscard]] std::string to_string(const ref& which);
/// Print the text of `to_string`.
std::ostream& operator<<(std::ostream& out, const pid& who);
std::ostream& operator<<(std::ostream& out, const ref& which);

}  // namespace coppice

/// For unordered containers.
template <>
struct std::hash<coppice::pid> {
    /// Equal pids have equal hashes.
    std::size_t operator()(const coppice::pid& who) const noexcept {
        const std::uint64_t low = (std::uint64_t{who.generation()} << 32) | who.index();
        return (low ^ (std::uint64_t{who.node()} << 17)) * 0x9E3779B97F4A7C15ULL;
    }
};

/// For unordered containers.
template <>
struct std::hash<coppice::ref> {
    /// Equal refs have equal hashes.
    std::size_t operator()(const coppice::ref& which) const noexcept {
        const std::uint64_t node = std::uint64_t{which.node()} << 17;
        return (which.value() ^ node) * 0x9E3779B97F4A7C15ULL;
    }
};

#pragma GCC visibility pop
