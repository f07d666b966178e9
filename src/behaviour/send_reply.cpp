// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/send_reply.hpp"

#include <cstdint>
#include <memory>
#include <utility>

#include "base/node_number.hpp"
#include "base/turn.hpp"
#include "coppice/detail/reply.hpp"
#include "process/caller.hpp"
#include "process/runtimes.hpp"

namespace coppice::detail {

namespace {

/// For a replying process in the runtime through which the reply goes.
[[gnu::always_inline]] inline void reply_from_here(const reply_address& to, message_node* sent) {
    process_layer::send_prepared(to.client, sent, [&to, sent](const process_layer::caller& me) {
        sent->from = me->self();
        if (sent->from == to.server) {
            me->own_bonds().forget_watcher(to.tag);
            sent->flag = true;
        }
    });
}

/// The number of the runtime through which the reply goes: of the client's; for a client on a node elsewhere
/// of the server's, which has the connection; if the server is elsewhere too, of the calling process's.
std::uint32_t node_of_reply(const reply_address& to) noexcept {
    if (!base::is_remote_node(to.client.node())) {
        return to.client.node();
    }
    if (to.server && !base::is_remote_node(to.server.node())) {
        return to.server.node();
    }
    const process* const here = base::current_process();
    return here == nullptr ? 0 : here->world().node();
}

/// For a client of another runtime, or a caller that is no process. `here`: the process that calls.
[[gnu::noinline]] void reply_to_elsewhere(const process* here, const reply_address& to,
                                          message_node* reply) {
    const std::uint32_t node = node_of_reply(to);
    if (here != nullptr && here->world().node() == node) {
        return reply_from_here(to, reply);
    }
    owned_message sent{reply};
    const bool acts_for_runtime = here != nullptr || base::acts_without_caller();
    if (!acts_for_runtime || process_layer::runtime_of_caller() != nullptr) {
        process_layer::deliver_through(node, to.client, sent.release());
    }
}

}  // namespace

// Inlined into no coroutine, see base/turn.hpp.
[[gnu::noinline]] void send_reply(const reply_address& to, owned_message value) {
    value->tag = to.tag;
    value->to_monitor = !to.server;
    const process* const here = base::this_turn.whose;
    if (here != nullptr && here->world().node() == to.client.node()) [[likely]] {
        reply_from_here(to, as_reply(std::move(value)));
    } else {
        reply_to_elsewhere(here, to, as_reply(std::move(value)));
    }
}

}  // namespace coppice::detail
