// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "coppice/detail/system_request.hpp"

namespace coppice::behaviour {

/// Asks a server to stop. The sender waits for the end of the server, and not for a reply.
struct stop_request final : detail::system_request, detail::pooled {
    explicit stop_request(exit_reason w) : system_request{"terminate"}, why{std::move(w)} {
        kind = detail::signal_kind::message;
    }
    detail::owned_message carry_out(detail::behaviour_body& by) override {
        by.stop_by_request(std::move(why));
        return nullptr;
    }

    exit_reason why;
};

}  // namespace coppice::behaviour
