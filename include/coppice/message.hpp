// SPDX-License-Identifier: Apache-2.0
// Messages: any type that shares no memory with its sender.
//
// Numbers, enums, strings, pids, refs, durations, standard containers and unique_ptr of such types, and
// aggregates of up to sixty-four such fields are messages. A raw pointer, a reference, a view or a
// shared pointer to mutable data is refused at compile time. The fields of a class with constructors
// are invisible to the check, so such a class is trusted. `coppice::message_trait<T>` overrides the
// result in both directions.
//
// Threads    An `any_message` belongs to one process at a time.
// Blocking   None: a send never waits.
// Ownership  An `any_message` owns the payload. Sending moves the payload; no process shares it.
// Errors     A type that is no message is refused at compile time. Sending an empty `any_message` throws
//            std::invalid_argument.
// Cost       A send allocates one block for the payload. Forwarding an `any_message` allocates nothing.
// Today      The texts of `describe` and `show` are for people and may change. A message stays within this OS
//            process: no type has an encoding.

#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/detail/message_rules.hpp"
#include "coppice/detail/signal.hpp"
#include "coppice/fwd.hpp"

#pragma GCC visibility push(default)
namespace coppice {
namespace detail {

/// The message inside `forwarded`. Throws std::invalid_argument for an empty one.
[[nodiscard]] message_node* taken_from(any_message&& forwarded);

template <class M>
[[nodiscard]] message_node* make_message(M&& value) {
    using plain = kept_t<M>;
    if constexpr (std::is_same_v<plain, any_message>) {
        static_assert(!std::is_lvalue_reference_v<M>,
                      "an any_message can be sent on once: pass std::move(message)");
        return taken_from(std::move(value));
    } else {
        require_message<plain>();
        return new value_message<plain>(std::forward<M>(value));
    }
}

struct message_deleter {
    void operator()(message_node* node) const noexcept { node->type->destroy(node); }
};
using owned_message = std::unique_ptr<message_node, message_deleter>;

struct signal_deleter {
    void operator()(signal* dead) const noexcept { destroy_signal(dead); }
};
using owned_signal = std::unique_ptr<signal, signal_deleter>;

}  // namespace detail

/// A message whose type is known only at run time. `send(to, std::move(m))` forwards the
/// message itself, without a copy. A forwarded call keeps its caller: the process that handles
/// the call replies to that caller.
class any_message {
  public:
    /// Empty.
    any_message() = default;
    /// Made by the runtime and by `of`.
    explicit any_message(detail::owned_message node) noexcept : node_{std::move(node)} {}

    /// Wraps a value, for example for a test of a handler. The value has no sender.
    template <class M>
    static any_message of(M&& value) {
        return any_message{detail::owned_message{detail::make_message(std::forward<M>(value))}};
    }

    /// False if default-constructed, moved from or sent on.
    explicit operator bool() const noexcept { return node_ != nullptr; }

    /// Whether the message is exactly an `M`: bases and conversions do not count.
    template <class M>
    bool is() const noexcept {
        return node_ != nullptr && detail::is_a<M>(*node_);
    }

    /// The payload, or null if the message is no `M`.
    template <class M>
    M* get() noexcept {
        return is<M>() ? static_cast<M*>(node_->type->payload(*node_)) : nullptr;
    }
    /// The same for a const message.
    template <class M>
    const M* get() const noexcept {
        return is<M>() ? static_cast<const M*>(node_->type->payload(*node_)) : nullptr;
    }

    /// For people: the message's own `to_string` if there is one, else its type.
    std::string describe() const { return node_ ? node_->type->describe(*node_) : "empty"; }

    /// Type and contents, as printed by show.hpp.
    std::string show() const { return node_ ? node_->type->show(*node_) : "empty"; }

    /// The sending process. Empty if the sender was no process.
    pid sender() const noexcept { return node_ ? node_->from : pid{}; }

    /// For the library. `release` gives up the ownership.
    detail::message_node* node() const noexcept { return node_.get(); }
    detail::message_node* release() noexcept { return node_.release(); }

  private:
    detail::owned_message node_;
};

}  // namespace coppice

#pragma GCC visibility pop
