// SPDX-License-Identifier: Apache-2.0
// Exit, down and tagged messages taken out of the mailbox by the process of the mailbox.

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "coppice/detail/response.hpp"
#include "process/process.hpp"
#include "process/question.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

owned_message process::take_exit_message(const pid& from) {
    const process_layer::custody::hold held = inside();
    if (!held) {
        return nullptr;
    }
    take_in();
    if (mailbox_.exit_messages() == 0) {
        return nullptr;
    }
    return owned_message{mailbox_.take_first([&](const message_node& candidate) {
        return candidate.type->role == message_role::exit && candidate.from == from;
    })};
}

std::vector<owned_message> process::take_exit_messages() {
    std::vector<owned_message> out;
    const process_layer::custody::hold held = inside();
    if (!held) {
        return out;
    }
    take_in();
    // No wait has begun: a supervisor stopping children is not in the middle of one.
    mailbox_.restart_scan();
    while (mailbox_.exit_messages() > 0) {
        out.emplace_back(mailbox_.scan([](const message_node& candidate) {
            return candidate.type->role == message_role::exit;
        }));
    }
    return out;
}

/// True if a message was taken out. The message is destroyed, or kept for the condition that judges it.
template <class Accepts>
bool process::take_first_message(Accepts accepts) {
    owned_message taken;
    {
        const process_layer::custody::hold held = inside();
        if (!held) {
            return false;
        }
        take_in();
        taken.reset(mailbox_.take_first(accepts));
    }
    if (taken != nullptr) {
        process_layer::question::keep_for_condition(taken);
        return true;
    }
    // The taken message is destroyed outside of the custody: the reason may be a user value.
    return false;
}

std::uint64_t tag_of(const message_node& message) noexcept {
    return message.type->role == message_role::down
               ? static_cast<const value_message<down_message>&>(message).value.monitor.value()
               : message.tag;
}

owned_message process::take_tagged(std::span<const std::uint64_t> tags) {
    const process_layer::custody::hold held = inside();
    if (!held) {
        return nullptr;
    }
    take_in();
    return owned_message{mailbox_.take_first([tags](const message_node& candidate) {
        return std::ranges::binary_search(tags, tag_of(candidate));
    })};
}

bool process::take_down_message(std::uint64_t tag) {
    return take_first_message([tag](message_node& candidate) {
        return candidate.type->role == message_role::down &&
               static_cast<down_message*>(candidate.type->payload(candidate))->monitor == ref{tag};
    });
}

void process::take_response(std::uint64_t tag) {
    take_first_message([tag](message_node& candidate) {
        return is_a<response_message>(candidate) &&
               static_cast<response_message*>(candidate.type->payload(candidate))->request ==
                   ref{tag};
    });
}

}  // namespace coppice::detail
