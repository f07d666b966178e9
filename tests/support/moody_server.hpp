// SPDX-License-Identifier: Apache-2.0
// A gen_server with random behaviour: answers late or never, crashes, stops, blocks for some milliseconds,
// waits in a handler, and ends slowly.

#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "coppice/coppice.hpp"
#include "support/counted.hpp"
#include "support/dice.hpp"

namespace coppice::test {

/// Keeps the thread busy, as a stuck handler does.
inline void burn(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

class moody_server {
  public:
    using info_messages = messages<exit_message>;

    struct note {
        std::string text;
        counted here;
    };
    struct echo {
        std::string text;
        counted here;
    };
    struct answer_later {
        using reply = int;
        int number;
    };
    enum class start : std::uint8_t { well, exits, is_ignored, throws, takes_long, traps };

    moody_server(start how, std::uint64_t luck) : chance_{luck} {
        switch (how) {
            case start::exits:
                exit("no");
            case start::is_ignored:
                ignore();
                break;
            case start::throws:
                throw std::runtime_error{"start"};
            case start::takes_long:
                burn(std::chrono::milliseconds{3});
                break;
            case start::traps:
                trap_exit(true);
                break;
            case start::well:
                break;
        }
    }

    std::string handle_call(echo m) {
        if (chance_.percent(2)) {
            throw std::runtime_error{"call"};
        }
        if (chance_.percent(3)) {
            burn(std::chrono::microseconds{chance_.below(6000)});
        }
        if (chance_.percent(2)) {
            stop_with("tired");
        }
        return m.text;
    }
    void handle_call(answer_later m, reply_to<int> to) {
        if (chance_.percent(50)) {
            spawn([to, m, time = std::chrono::microseconds{chance_.below(500)}]() -> task<> {
                co_await sleep(time);
                reply(to, m.number);
            });
        }
    }
    task<> handle_cast(note m) {
        if (chance_.percent(10)) {
            co_await sleep(std::chrono::microseconds{chance_.below(2000)});
        }
        if (chance_.percent(5)) {
            timeout_after(std::chrono::milliseconds{1});
        }
        last_ = m;
    }
    void handle_info(timeout) {
        if (chance_.percent(30)) {
            exit("timeout");
        }
    }
    /// Stops on `shutdown`: a process that traps exits and has no parent is otherwise never stopped.
    void handle_info(const exit_message& m) {
        if (m.why == reason::shutdown) {
            stop_with(reason::shutdown);
        }
    }
    void terminate(exit_reason) {
        if (chance_.percent(20)) {
            burn(std::chrono::microseconds{chance_.below(4000)});
        }
    }

  private:
    dice chance_;
    note last_;
};

/// A start that succeeds in about two of three cases.
inline moody_server::start some_start(dice& chance) {
    return static_cast<moody_server::start>(chance.percent(50) ? 0 : chance.below(6));
}

}  // namespace coppice::test
