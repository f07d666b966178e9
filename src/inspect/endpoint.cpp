// SPDX-License-Identifier: Apache-2.0

#include "inspect/endpoint.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "coppice/detail/runtime_for_threads.hpp"
#include "coppice/dynamic_supervisor.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "inspect/connection.hpp"
#include "inspect/socket_place.hpp"

namespace coppice::inspect {
namespace {

constexpr std::size_t name_max = 64;

constexpr const char* connections_id = "connections";
constexpr const char* listener_id = "listener";

bool is_allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/// Ends the start of the calling process.
[[noreturn]] void end_start(const endpoint_facts& facts, const std::string& why) {
    if (facts.chosen.may_be_missing) {
        log(report_level::warning, why + "; the program goes on without its endpoint");
        ignore();
    }
    exit(exit_reason::text(why));
}

}  // namespace

bool is_trusted(const std::optional<net::credentials>& peer, std::uint32_t own) noexcept {
    return peer && (peer->user == own || peer->user == 0);
}

/// After a kill of its supervisor, the previous listener may still be alive: the
/// name is released after the socket.
task<> listener::take_name() {
    const std::string name = facts_->process_name() + ":" + listener_id;
    while (whereis(name)) {
        monitor(name);
        co_await receive<down_message>();
    }
    register_name(name, self());
}

task<> listener::init() {
    co_await take_name();
    const std::string folder = folder_of(facts_->chosen);
    try {
        prepare_folder(folder);
        source_ = listen_in(sockets_.network(), folder, facts_->chosen.name);
    } catch (const std::runtime_error& error) {
        end_start(*facts_, error.what());
    }
    log(report_level::info, "inspect: listening on " + source_.address());
    source_.accept_next(self());
}

/// The sibling supervisor of connections. Found by its place in the tree, since names may still belong to the
/// previous processes after a kill of the tree.
task<pid> listener::connections() {
    const supervisor above{whereis(facts_->process_name())};
    auto asking = above.which_children();
    const std::vector<child_info> siblings = co_await asking;
    const auto found = std::ranges::find(siblings, connections_id, &child_info::id);
    co_return found == siblings.end() ? pid{} : found->process;
}

task<> listener::handle_info(net::accepted m) {
    const auto peer = m.connection.peer_credentials();
    if (is_trusted(peer, ::geteuid())) {
        if (!connections_) {
            auto looking = connections();
            connections_ = co_await looking;
        }
        const child_spec client =
            coppice::child<connection>(m.connection, peer->user, facts_).restart(temporary);
        const dynamic_supervisor all{connections_};
        auto starting = all.start_child(client);
        const child_result started = co_await starting;
        if (!started) {
            m.connection.write(error_line(nullptr, code::busy, "too many clients are connected"));
        }
    }
    source_.accept_next(self());
}

void listener::handle_info(const net::listen_failed& m) {
    throw std::runtime_error{"inspect: listening failed: " + m.why};
}

supervisor_init endpoint::init(const shared_facts& facts) {
    if (coppice::detail::runtime_for_threads() == nullptr) {
        // A simulation has no sockets.
        ignore();
    }
    const dynamic_supervisor_flags connections{.max_children = facts->chosen.clients_max};
    const supervisor_flags flags{.strategy = one_for_all};
    return supervisor::init(
        children(coppice::child<dynamic_supervisor>(connections).id(connections_id),
                 coppice::child<listener>(facts).id(listener_id)),
        flags);
}

std::string name_from(std::string text) {
    std::ranges::replace_if(text, [](char c) { return !is_allowed(c); }, '_');
    if (text.starts_with('.')) {
        text.front() = '_';
    }
    text.resize(std::min(text.size(), name_max));
    return text.empty() ? "coppice" : text;
}

child_spec child(options chosen) {
    if (chosen.name.empty() || name_from(chosen.name) != chosen.name) {
        throw std::invalid_argument{"inspect::child: the name \"" + chosen.name +
                                    "\" has to be 1 to 64 letters, digits, '_', '-' and '.', not "
                                    "beginning with '.'; name_from makes one"};
    }
    endpoint_facts facts;
    facts.chosen = std::move(chosen);
    const std::string name = facts.process_name();
    shared_facts shared = std::make_shared<const endpoint_facts>(std::move(facts));
    // Transient: an endpoint that gives up for good is not started again, and the
    // supervisor above stays unharmed.
    return coppice::child<endpoint>(std::move(shared)).id("inspect").name(name).restart(transient);
}

}  // namespace coppice::inspect
