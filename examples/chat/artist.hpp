// SPDX-License-Identifier: Apache-2.0
// Draws the tree and lists the rooms, once for all clients that ask within a moment.

#pragma once

#include <chrono>
#include <coppice/coppice.hpp>
#include <string>
#include <vector>

#include "chat/room.hpp"

namespace chat {

class artist {
  public:
    struct draw_tree {
        using reply = shared_text;
    };
    struct list_rooms {};
    struct drawn {
        shared_text tree;
    };
    using console_messages = coppice::messages<draw_tree, list_rooms>;

    void handle_call(draw_tree, coppice::reply_to<shared_text> answer);
    shared_text handle_call(list_rooms);
    void handle_cast(drawn m);
    void handle_info(const coppice::down_message& m);

  private:
    /// A text and the time of its making.
    struct picture {
        shared_text text;
        std::chrono::nanoseconds made{};
        bool is_fresh() const;
    };
    picture tree_;
    picture rooms_;
    std::vector<coppice::reply_to<shared_text>> waiting_;
    coppice::ref drawing_;
};

}  // namespace chat
