// SPDX-License-Identifier: Apache-2.0

#include "process/signals.hpp"

namespace coppice::detail {

owned_message no_value() {
    return owned_message{new value_message<nothing>()};
}

message_node* as_reply(owned_message value) noexcept {
    value->kind = signal_kind::reply;
    return value.release();
}

owned_message taken_value(message_node& reply) noexcept {
    reply.kind = signal_kind::message;
    reply.flag = false;
    reply.to_monitor = false;
    reply.tag = 0;
    return owned_message{&reply};
}

void destroy_signal(signal* dead) noexcept {
    switch (dead->kind) {
        case signal_kind::message:
        case signal_kind::call:
        case signal_kind::reply: {
            auto* message = static_cast<message_node*>(dead);
            message->type->destroy(message);
            return;
        }
        case signal_kind::exit:
        case signal_kind::link_exit:
            delete static_cast<process_layer::exit_signal*>(dead);
            return;
        case signal_kind::link:
        case signal_kind::unlink:
        case signal_kind::unlink_ack:
        case signal_kind::demonitor:
            delete static_cast<process_layer::plain_signal*>(dead);
            return;
        case signal_kind::monitor:
            delete static_cast<process_layer::monitor_signal*>(dead);
            return;
        case signal_kind::down:
            delete static_cast<down_signal*>(dead);
            return;
        case signal_kind::timeout:
            delete static_cast<process_layer::timeout_signal*>(dead);
            return;
        case signal_kind::request:
            delete static_cast<process_layer::request_signal*>(dead);
            return;
    }
}

}  // namespace coppice::detail

namespace coppice::process_layer {
namespace {

bool may_hold_value(const exit_reason& why) noexcept {
    return why.as_symbol().empty() && why.as_error() == nullptr && why.as_text() == nullptr;
}

}  // namespace

bool may_hold_value(const detail::signal& s) noexcept {
    switch (s.kind) {
        case detail::signal_kind::message:
        case detail::signal_kind::call:
            return true;
        case detail::signal_kind::reply:
            return static_cast<const detail::message_node&>(s).type !=
                   &detail::value_message<detail::nothing>::type_of;
        case detail::signal_kind::exit:
        case detail::signal_kind::link_exit:
            return may_hold_value(static_cast<const exit_signal&>(s).why);
        case detail::signal_kind::down:
            return may_hold_value(static_cast<const detail::down_signal&>(s).why);
        default:
            return false;
    }
}

}  // namespace coppice::process_layer
