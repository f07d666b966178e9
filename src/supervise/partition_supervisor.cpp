// SPDX-License-Identifier: Apache-2.0
// A partition supervisor: a supervisor, and a table of the processes of its children.

#include "coppice/partition_supervisor.hpp"

#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "coppice/detail/call_wait.hpp"
#include "coppice/detail/shared_text.hpp"
#include "process/runtime_core.hpp"
#include "supervise/partition_table.hpp"

namespace coppice {

namespace {

using supervise::partition_table;
using supervise::partition_tables;
using table_ptr = std::shared_ptr<partition_table>;

partition_tables& tables_here() {
    return detail::current_runtime().extended().get<partition_tables>();
}

/// Throws for flags that can be refused in the caller, as Elixir does.
void require_flags(const partition_supervisor_flags& flags) {
    if (flags.name.empty()) {
        throw badarg_error{"a partition supervisor needs a name: keys are looked up by it"};
    }
    if (flags.partitions && *flags.partitions == 0) {
        throw badarg_error{"a partition supervisor starts with at least one partition"};
    }
}

/// Starts a partition as `start` says, and enters the new process into the table.
task<detail::start_outcome> started_partition(detail::begun_start begun, detail::shared_text id,
                                              table_ptr table, std::size_t partition) {
    detail::start_outcome out;
    if (auto* const server = std::get_if<std::unique_ptr<detail::behaviour_body>>(&begun)) {
        (*server)->is_child(id);
        detail::start_awaiter<pid> starting{std::move(*server)};
        const child_result result = co_await starting;
        out = result.outcome();
    } else if (auto* const running = std::get_if<task<detail::start_outcome>>(&begun)) {
        out = co_await *running;
    } else {
        out = std::get<detail::start_outcome>(std::move(begun));
    }
    if (out.kind == detail::start_kind::ok) {
        table->set(partition, out.process);
    }
    co_return out;
}

/// The spec of a partition, with a start that keeps the table.
child_spec partition_child(const child_spec& given, const table_ptr& table, std::size_t partition) {
    const std::string id = std::to_string(partition);
    auto begin = [start = given.start(), id = detail::shared_text{id}, table, partition](
                     const std::string& name, const extra_arguments& extra) {
        return started_partition(start(name, extra), id, table, partition);
    };
    auto describe = [start = given.start()] { return start.describe(); };
    child_spec out{
        id, start_function{detail::make_start_recipe(std::move(describe), std::move(begin))}};
    out.name(given.name()).restart(given.restart()).type(given.type());
    out.shutdown(given.shutdown()).significant(given.significant());
    return out;
}

/// Runs in the new supervisor.
supervisor_init init_partitions(const partition_maker& make,
                                const partition_supervisor_flags& flags) {
    const std::size_t count = flags.partitions.value_or(detail::scheduler_threads());
    auto table = std::make_shared<partition_table>(self().node(), count);
    std::vector<child_spec> specs;
    specs.reserve(count);
    for (std::size_t partition = 0; partition < count; ++partition) {
        specs.push_back(partition_child(make(partition), table, partition));
    }
    tables_here().add(self(), std::move(table),
                      [](const pid& who) { return detail::is_alive_now(who); });
    return {child_list{std::move(specs)},
            {.strategy = flags.strategy,
             .max_restarts = flags.max_restarts,
             .max_seconds = flags.max_seconds,
             .name = flags.name}};
}

std::unique_ptr<detail::behaviour_body> make_partition_supervisor(
    partition_maker make, const partition_supervisor_flags& flags) {
    auto describe = [] { return std::string{"partition_supervisor"}; };
    auto begin = [make = std::move(make), flags] { return init_partitions(make, flags); };
    using made = detail::recipe<detail::init_recipe, decltype(describe), decltype(begin)>;
    return detail::make_supervisor(std::make_unique<const made>(describe, std::move(begin)),
                                   std::string{flags.name});
}

[[noreturn]] void exit_without_supervisor(const address& to, const char* function) {
    exit(exit_reason::tuple(reason::noproc,
                            exit_reason::tuple("partition_supervisor", function,
                                               exit_reason::tuple(detail::term_of(to)))));
}

/// Ends the caller if there is no such supervisor.
table_ptr table_of(const address& to, const char* function) {
    const pid supervisor = to.whereis();
    table_ptr found;
    if (supervisor && detail::is_alive_now(supervisor)) {
        found = tables_here().find(supervisor);
    }
    if (found == nullptr) {
        exit_without_supervisor(to, function);
    }
    return found;
}

std::size_t number_in(std::string_view id) noexcept {
    std::size_t out = 0;
    std::from_chars(id.data(), id.data() + id.size(), out);
    return out;
}

/// For requests that the supervisor of a table answers: a failure means another user of the table.
template <class Result>
void require_done(const Result& done) {
    if (!done) {
        exit(done.error());
    }
}

}  // namespace

partition_supervisor::start_awaiter partition_supervisor::start_link(
    child_spec spec, partition_supervisor_flags flags) {
    return start_link(
        partition_maker{[spec = std::move(spec)](std::size_t /*partition*/) { return spec; }},
        flags);
}

partition_supervisor::start_awaiter partition_supervisor::start_link(
    partition_maker make, partition_supervisor_flags flags) {
    require_flags(flags);
    return start_awaiter{make_partition_supervisor(std::move(make), flags)};
}

pid partition_supervisor::process_at(std::uint64_t place) const {
    if (!detail::current_pid()) {
        return {};  // a dead caller
    }
    const table_ptr table = table_of(where(), "at");
    const std::size_t count = table->count();
    if (count == 0) {
        throw badarg_error{"the partition supervisor " + to_string(where()) +
                           " has no partitions: it was resized to 0"};
    }
    return table->process_of(static_cast<std::size_t>(place % count));
}

std::size_t partition_supervisor::partitions() const {
    return detail::current_pid() ? table_of(where(), "partitions")->count() : 0;
}

task<std::vector<partition_info>> partition_supervisor::which_children() const {
    const supervisor all{where()};
    auto asking = all.which_children();
    const std::vector<child_info> answer = co_await asking;
    std::vector<partition_info> out;
    out.reserve(answer.size());
    for (const child_info& each : answer) {
        out.push_back({number_in(each.id), each.status, each.process, each.type});
    }
    co_return out;
}

detail::request_to_supervisor<child_counts> partition_supervisor::count_children() const {
    return supervisor{where()}.count_children();
}

/// Keys go to the smaller of the two numbers of partitions while partitions stop and start.
task<std::size_t> partition_supervisor::resize(std::size_t partitions) const {
    const supervisor all{where()};
    const table_ptr table = table_of(where(), "resize");
    if (partitions > table->most()) {
        throw badarg_error{"the partition supervisor " + to_string(where()) + " was started with " +
                           std::to_string(table->most()) + " partitions, and cannot have " +
                           std::to_string(partitions)};
    }
    const std::size_t before = table->count();
    table->set_count(std::min(before, partitions));
    for (std::size_t i = partitions; i < before; ++i) {
        auto stopping = all.terminate_child(std::to_string(i));
        const void_result stopped = co_await stopping;
        require_done(stopped);
    }
    for (std::size_t i = before; i < partitions; ++i) {
        auto starting = all.restart_child(std::to_string(i));
        const child_result started = co_await starting;
        require_done(started);
    }
    table->set_count(partitions);
    co_return before;
}

}  // namespace coppice

namespace coppice::detail {

child_spec child_maker<partition_supervisor>::make(partition_maker make,
                                                   const partition_supervisor_flags& flags) {
    require_flags(flags);
    auto begin = [make = std::move(make), flags](const std::string& name, const extra_arguments&) {
        partition_supervisor_flags chosen = flags;
        if (!name.empty()) {
            chosen.name = name;
        }
        return make_partition_supervisor(make, chosen);
    };
    child_spec spec{std::string{flags.name},
                    start_function{make_start_recipe(
                        [] { return std::string{"partition_supervisor"}; }, std::move(begin))}};
    spec.type(child_type::supervisor);
    return spec;
}

child_spec child_maker<partition_supervisor>::make(const child_spec& spec,
                                                   const partition_supervisor_flags& flags) {
    return make(partition_maker{[spec](std::size_t /*partition*/) { return spec; }}, flags);
}

}  // namespace coppice::detail
