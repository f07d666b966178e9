// SPDX-License-Identifier: Apache-2.0

#include "process/signals.hpp"

namespace coppice::detail {

void destroy_signal(signal* dead) noexcept {
    switch (dead->kind) {
        case signal_kind::message:
        case signal_kind::call: {
            auto* message = static_cast<message_node*>(dead);
            message->type->destroy(message);
            return;
        }
        case signal_kind::exit:
        case signal_kind::link_exit:
            delete static_cast<exit_signal*>(dead);
            return;
        case signal_kind::link:
        case signal_kind::unlink:
        case signal_kind::unlink_ack:
        case signal_kind::demonitor:
            delete static_cast<plain_signal*>(dead);
            return;
        case signal_kind::monitor:
            delete static_cast<monitor_signal*>(dead);
            return;
        case signal_kind::down:
            delete static_cast<down_signal*>(dead);
            return;
        case signal_kind::reply:
            delete static_cast<reply_signal*>(dead);
            return;
        case signal_kind::timeout:
            delete static_cast<timeout_signal*>(dead);
            return;
        case signal_kind::request:
            delete static_cast<request_signal*>(dead);
            return;
    }
}

namespace {

bool may_hold_value(const exit_reason& why) noexcept {
    return why.as_symbol().empty() && why.as_error() == nullptr && why.as_text() == nullptr;
}

}  // namespace

bool may_hold_value(const signal& s) noexcept {
    switch (s.kind) {
        case signal_kind::message:
        case signal_kind::call:
            return true;
        case signal_kind::exit:
        case signal_kind::link_exit:
            return may_hold_value(static_cast<const exit_signal&>(s).why);
        case signal_kind::down:
            return may_hold_value(static_cast<const down_signal&>(s).why);
        case signal_kind::reply:
            return static_cast<const reply_signal&>(s).message != nullptr;
        default:
            return false;
    }
}

}  // namespace coppice::detail
