// SPDX-License-Identifier: Apache-2.0
// A server that holds processes until the server is opened. The wait is for a reply, which no mailbox refuses.

#pragma once

#include <vector>

#include "coppice/gen_server.hpp"

namespace coppice::test {

struct gate {
    struct pass {
        using reply = void;
    };
    struct open {};
    struct waiting {};

    void handle_call(pass, reply_to<void> to) {
        if (is_open) {
            to();
        } else {
            held.push_back(to);
        }
    }
    std::size_t handle_call(waiting) const { return held.size(); }
    void handle_cast(open) {
        is_open = true;
        for (const reply_to<void>& each : held) {
            each();
        }
    }

    std::vector<reply_to<void>> held;
    bool is_open = false;
};

/// For a living process.
inline task<process_information> information_of(pid who) {
    const std::vector<process_information> all = co_await process_info(who);
    co_return all.at(0);
}

inline task<server<gate>> new_gate() {
    const start_result<gate> started = co_await start<gate>();
    co_return server<gate>{started.process()};
}

}  // namespace coppice::test
