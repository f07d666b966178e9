// SPDX-License-Identifier: Apache-2.0
// The functions of gen_statem.hpp that are no templates.

#include "coppice/gen_statem.hpp"

#include <utility>

namespace coppice {

void machine_timeout::ask(detail::timeout_action asked) {
    if (detail::statem_loop* const machine = detail::current_machine()) {
        machine->add_timeout(std::move(asked));
    }
}

void postpone() {
    if (detail::statem_loop* const machine = detail::current_machine()) {
        machine->postpone();
    }
}

void then_reply(const reply_to<void>& to) {
    if (detail::statem_loop* const machine = detail::current_machine()) {
        machine->add_reply(to.address(),
                           detail::owned_message{new detail::value_message<detail::nothing>()});
    }
}

void hibernate() {
    static_cast<void>(detail::current_machine());
}

}  // namespace coppice
