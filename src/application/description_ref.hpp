// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coppice/application.hpp"

namespace coppice::application::detail {

/// A reference to a description, for messages. Safe to share, because a description is immutable
/// and never destroyed.
class description_ref {
  public:
    explicit description_ref(const description& what) noexcept : what_{&what} {}
    const description& operator*() const noexcept { return *what_; }
    const description* operator->() const noexcept { return what_; }

  private:
    const description* what_;
};

}  // namespace coppice::application::detail
