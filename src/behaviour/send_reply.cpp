// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/send_reply.hpp"

#include <memory>
#include <utility>

#include "coppice/detail/reply.hpp"
#include "process/caller.hpp"
#include "process/runtimes.hpp"

namespace coppice::detail {

namespace {

/// For a replying process in the client's runtime.
void reply_from_here(const reply_address& to, reply_signal* sent) {
    send_prepared(to.client, sent, [&to, sent](const caller& me) {
        sent->from = me->self();
        if (sent->from == to.server) {
            me->forget_watcher(to.tag);
            sent->flag = true;
        }
    });
}

}  // namespace

void send_reply(const reply_address& to, owned_message value) {
    // The server has done its work, so the reply may use the reserve.
    auto sent = with_reserve([&] { return std::make_unique<reply_signal>(std::move(value)); });
    sent->tag = to.tag;
    if (const process* here = current_process(); here != nullptr || acts_for_nobody()) {
        if (here != nullptr && here->world().node() == to.client.node()) {
            reply_from_here(to, sent.release());
            return;
        }
        if (world_of_living() == nullptr) {
            return;
        }
    }
    deliver_anywhere(to.client, sent.release());
}

}  // namespace coppice::detail
