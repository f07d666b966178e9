// SPDX-License-Identifier: Apache-2.0
// One client. Each request runs in a separate process, linked to the connection, so a slow request cannot
// block the connection. Requests and subscriptions end with the connection.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "coppice/gen_server.hpp"
#include "coppice/net.hpp"
#include "inspect/line_buffer.hpp"
#include "inspect/methods.hpp"
#include "inspect/output.hpp"
#include "inspect/protocol.hpp"
#include "inspect/subscriptions.hpp"

namespace coppice::inspect {

/// To a connection, from the process of a request: the answer as a whole line.
struct answered {
    pid from;
    std::string line;
};
/// From a connection to itself: the time of a request is over.
struct overdue {
    pid who;
};
/// From a connection to itself: the client has read nothing since the output
/// became full for the `number`th time.
struct stalled {
    std::uint64_t number;
};

class connection {
  public:
    using info_messages = messages<net::received, net::disconnected, net::writable, answered,
                                   subscription_line, overdue, stalled, exit_message>;

    static constexpr std::size_t requests_max = 16;
    static constexpr std::size_t subscriptions_max = 16;

    connection(net::socket socket, std::uint32_t user, shared_facts facts);

    void handle_info(const net::received& m);
    void handle_info(const net::disconnected& m);
    void handle_info(const net::writable& m);
    void handle_info(const answered& m);
    void handle_info(const subscription_line& m);
    void handle_info(const overdue& m);
    void handle_info(const stalled& m);
    void handle_info(const exit_message& m);

  private:
    struct running_request {
        json id;
        bool wants_answer;
        timer deadline;
    };

    void take_line(const std::string& line);
    void dispatch(request asked_for);
    void begin(request asked_for, const method& what);
    /// Waits for an answer of `worker` within `time`.
    void expect_answer(request asked_for, pid worker, std::chrono::milliseconds time);
    void flush(request asked_for);
    void subscribe(const request& asked_for);
    void unsubscribe(const request& asked_for);
    void answer(const request& asked_for, const json& result);
    void fail(const json& id, bool wants_answer, code why, std::string_view message);
    void print(std::string_view line);
    void read_next();
    void check_output();
    void end();

    net::socket socket_;
    std::uint32_t user_;
    shared_facts facts_;
    std::string client_ = "?";
    line_buffer input_;
    output output_;
    std::unordered_map<pid, running_request> requests_;
    struct running_subscription {
        std::int64_t number;
        std::string_view topic;
        bool can_be_flushed;
    };
    std::unordered_map<pid, running_subscription> subscriptions_;
    std::int64_t last_subscription_ = 0;
    std::uint64_t times_full_ = 0;
    bool waits_for_output_ = false;
    bool is_ending_ = false;
};

}  // namespace coppice::inspect
