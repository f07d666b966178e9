// SPDX-License-Identifier: Apache-2.0

#include "net/descriptor.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace coppice::net::detail {

descriptor descriptor::open_stream(int family) noexcept {
    return descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

descriptor descriptor::accept_from(int listening) noexcept {
    return descriptor{::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
}

void descriptor::reset(int file) noexcept {
    if (file_ != none) {
        ::close(file_);
    }
    file_ = file;
}

}  // namespace coppice::net::detail
