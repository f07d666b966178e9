// SPDX-License-Identifier: Apache-2.0
// Subscriptions of a client. Each subscription is a process, linked to its connection.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "coppice/pid.hpp"
#include "coppice/report.hpp"
#include "coppice/task.hpp"
#include "inspect/methods.hpp"
#include "inspect/parameters.hpp"

namespace coppice::inspect {

/// To a connection, from the process of a subscription: a whole line for the client.
struct subscription_line {
    pid from;
    std::string line;
};

/// To the process of a subscription with `can_be_flushed`. The process answers with `flushed` once it has
/// sent all present notifications.
struct flush_request {
    pid requester;
};
struct flushed {
    pid from;
};

struct subscription {
    std::int64_t number = 0;
    /// Refers to the table of topics.
    std::string_view topic;
    shared_facts facts;
    parameters given;
    pid connection;
    /// Registered before the client gets its answer. Null unless the topic is about reports.
    std::shared_ptr<report_reader> reports;

    void tell(const json& data) const;
};

struct topic {
    std::string_view name;
    /// Throws `request_error` for invalid parameters.
    void (*check)(const parameters& given);
    /// Ends with the last notification.
    task<> (*run)(const subscription& what);
    /// Null for topics without reports.
    std::shared_ptr<report_reader> (*listen)(const parameters& given) = nullptr;
    bool can_be_flushed = false;
};

[[nodiscard]] std::span<const topic> topics();
/// Throws `bad_parameter` for an unknown topic.
[[nodiscard]] const topic& find_topic(const std::string& name);

// The entries of the table.
[[nodiscard]] topic tree_topic();
[[nodiscard]] std::span<const topic> other_topics();

}  // namespace coppice::inspect
