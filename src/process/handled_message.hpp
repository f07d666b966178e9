// SPDX-License-Identifier: Apache-2.0
// The type of the message that a process got last, and marks of the layers above, which the next message
// erases. Both are in one word, so a message is noted by one store.

#pragma once

#include <cstdint>
#include <typeinfo>

namespace coppice::process_layer {

class handled_message {
  public:
    static constexpr std::uint8_t brought_context = 1;
    static constexpr std::uint8_t in_scope = 2;  ///< A `with_context` began after the message came.
    static constexpr std::uint8_t all_marks = 3;
    static_assert(alignof(std::type_info) > all_marks);

    handled_message() = default;
    /// `noted` comes from `message_type::taken`.
    explicit handled_message(const std::type_info* noted) noexcept : noted_{noted} {}

    /// Null before the first message.
    const std::type_info* type() const noexcept { return with_marks(0); }
    std::uint8_t marks() const noexcept {
        return static_cast<std::uint8_t>(reinterpret_cast<std::uintptr_t>(noted_) & all_marks);
    }
    /// The same message with these marks instead.
    const std::type_info* with_marks(std::uint8_t marks) const noexcept {
        const std::uintptr_t plain =
            reinterpret_cast<std::uintptr_t>(noted_) & ~std::uintptr_t{all_marks};
        return reinterpret_cast<const std::type_info*>(plain | marks);
    }

  private:
    const std::type_info* noted_ = nullptr;
};

}  // namespace coppice::process_layer
