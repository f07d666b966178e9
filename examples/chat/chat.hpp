// SPDX-License-Identifier: Apache-2.0
// A chat server: its processes and their messages.
//
//     chat (one_for_one)
//     ├─ logger                  writes the log; restarts alone
//     ├─ artist                  draws the tree and lists the rooms, once for all requests of a moment
//     ├─ rooms (dynamic)         one child per room, by name; a crashed room restarts alone and empty,
//     │                          and a room ends with its last member
//     ├─ connections (dynamic)   one child per client, temporary: a crash ends one client only
//     └─ listener                accepts, and politely refuses when the house is full

#pragma once

#include <coppice/coppice.hpp>
#include <coppice/net.hpp>

#include "chat/artist.hpp"
#include "chat/connection.hpp"
#include "chat/limits.hpp"
#include "chat/logger.hpp"
#include "chat/room.hpp"
#include "chat/text.hpp"

namespace chat {

class listener {
  public:
    using info_messages = coppice::messages<coppice::net::accepted, coppice::net::listen_failed>;

    listener(coppice::net::listener source, limits allowed);
    coppice::task<> handle_info(coppice::net::accepted m);
    void handle_info(const coppice::net::listen_failed& m);

  private:
    coppice::net::listener source_;
    limits allowed_;
};

/// The whole tree, below a supervisor named "chat".
coppice::supervisor::start_awaiter start_chat(const coppice::net::listener& source,
                                              const limits& allowed = {});

}  // namespace chat
