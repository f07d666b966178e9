// SPDX-License-Identifier: Apache-2.0
// What a client is told again and again. Each subscription is a process, linked to its connection.

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

/// To a connection, from a process of a subscription: a whole line for its client.
struct told {
    pid from;
    std::string line;
};

/// To the process of a subscription that can be flushed: it answers `told_all` when it has told what there
/// is now.
struct tell_now {
    pid asker;
};
struct told_all {
    pid from;
};

struct subscription {
    std::int64_t number = 0;
    std::string_view topic;  ///< Of the table.
    shared_facts facts;
    parameters given;
    pid connection;
    /// Has read along since before the client was answered; null unless the topic is about reports.
    std::shared_ptr<report_reader> reports;

    void tell(const json& data) const;
};

struct topic {
    std::string_view name;
    /// Throws request_error for parameters that do not fit.
    void (*check)(const parameters& given);
    /// Ends when there is nothing more to tell.
    task<> (*run)(const subscription& what);
    /// Null: it tells of no reports.
    std::shared_ptr<report_reader> (*listen)(const parameters& given) = nullptr;
    bool can_be_flushed = false;
};

[[nodiscard]] std::span<const topic> topics();
/// Throws bad_parameter if there is none.
[[nodiscard]] const topic& find_topic(const std::string& name);

// The entries of the table.
[[nodiscard]] topic tree_topic();
[[nodiscard]] std::span<const topic> other_topics();

}  // namespace coppice::inspect
