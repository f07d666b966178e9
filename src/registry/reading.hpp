// SPDX-License-Identifier: Apache-2.0
// Readers without a lock, and the objects that writers take away from them: epoch-based reclamation.
//
// A reader notes the epoch in a word of its thread while it reads. A writer first unlinks an object, then
// retires the object, which begins a new epoch. A reader of a later epoch cannot find the object. So the
// object is destroyed once each reader has left, or reads in a later epoch.
//
// Dekker's algorithm decides whether a writer sees a reader, so these operations are sequentially consistent:
//
//     the reader                              the writer
//     notes the epoch                         unlinks the object
//     follows links                           looks for readers
//
// All links are loaded and stored with the default order for that reason.
//
// Threads    `registry_reader`: any. retired_objects: the holder of the writers' lock.
// Cost       A read costs one exchange and one store in memory of the own thread.

#pragma once

#include <cstddef>

#include "coppice/detail/registry_access.hpp"

namespace coppice::registry_layer {

/// Objects that are unlinked and wait for the last reader.
class retired_objects {
  public:
    retired_objects() = default;
    retired_objects(const retired_objects&) = delete;
    retired_objects& operator=(const retired_objects&) = delete;
    /// Precondition: no reader is left.
    ~retired_objects();

    /// The object is unlinked already.
    void add(detail::retirable* gone) noexcept;
    /// From time to time, objects that no reader sees any more: a list for `destroy`. Else null.
    detail::retirable* take_unread() noexcept;
    /// To be called without the writers' lock: destructors may be user code.
    static void destroy(detail::retirable* list) noexcept;

  private:
    static constexpr std::size_t look_at = 64;

    detail::retirable* newest_ = nullptr;
    std::size_t count_ = 0;
    std::size_t next_look_ = look_at;  ///< The count at which the readers are looked at.
};

}  // namespace coppice::registry_layer
