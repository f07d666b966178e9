// SPDX-License-Identifier: Apache-2.0
// The processes of a scenario's tree.

#include <stdexcept>
#include <utility>

#include "simulate/tree_log.hpp"

namespace coppice::cli {
namespace {

/// A message that is never sent.
struct never {};

std::string shown_outcome(const init_outcome& outcome) {
    switch (outcome.kind) {
        case outcome_kind::ok:
            return "ok";
        case outcome_kind::ignore:
            return "ignore";
        case outcome_kind::error:
            return "error:" + outcome.text;
        case outcome_kind::crash:
            return "crash:" + outcome.text;
    }
    return "?";
}

class worker {
  public:
    using info_messages = messages<crash_order, stop_order, exit_message>;

    worker(log_access log, node_access what, std::string path)
        : log_{log.log}, what_{*what.what}, path_{std::move(path)} {
        trap_exit(what_.trap_exit);
        const init_outcome outcome = next_outcome();
        switch (outcome.kind) {
            case outcome_kind::ok:
                break;
            case outcome_kind::ignore:
                ignore();
            case outcome_kind::error:
                coppice::exit(reason_from(outcome.text));
            case outcome_kind::crash:
                throw std::runtime_error{outcome.text};
        }
        log_->lives(coppice::self(), {path_, n_, node_kind::worker});
        if (what_.crash_after) {
            send_after(*what_.crash_after, coppice::self(this), crash_order{"boom"});
        }
        if (what_.stop_after) {
            send_after(*what_.stop_after, coppice::self(this), stop_order{reason::normal});
        }
    }

    void handle_info(crash_order order) { throw std::runtime_error{order.message}; }
    void handle_info(stop_order order) {
        stops_by_order_ = true;
        stop_with(order.why);
    }
    void handle_info(exit_message) {}  // From any linked process except the parent.

    task<> terminate(exit_reason why) {
        log_->terminates(path_, n_, why);
        if (stops_by_order_ || !(why == reason::shutdown)) {
            co_return;
        }
        switch (what_.on_shutdown.kind) {
            case shutdown_kind::exit:
                break;
            case shutdown_kind::hang:
                log_->takes_its_time(coppice::self());
                co_await receive<never>();
                break;
            case shutdown_kind::linger:
                log_->takes_its_time(coppice::self());
                co_await sleep(what_.on_shutdown.time);
                break;
            case shutdown_kind::crash:
                throw std::runtime_error{what_.on_shutdown.text};
            case shutdown_kind::stop:
                coppice::exit(reason_from(what_.on_shutdown.text));
        }
    }

  private:
    init_outcome next_outcome() {
        const auto index = static_cast<std::size_t>(log_->next_start(path_) - 1);
        init_outcome outcome;
        if (!what_.init.empty()) {
            outcome = what_.init[std::min(index, what_.init.size() - 1)];
        }
        n_ = log_->started(path_, shown_outcome(outcome));
        return outcome;
    }

    tree_log* log_;
    const node& what_;
    std::string path_;
    int n_ = 0;
    bool stops_by_order_ = false;
};

struct tree_supervisor {
    static supervisor_init init(log_access log, node_access what, const std::string& path) {
        const node& self = *what.what;
        const int n = log.log->started(path, "ok");
        log.log->lives(coppice::self(), {path, n, node_kind::supervisor});
        std::vector<child_spec> specs;
        for (const node& child : self.children) {
            specs.push_back(spec_of(log, child, path + "/" + child.id));
        }
        supervisor_flags flags;
        flags.strategy = self.strategy;
        flags.max_restarts = self.max_restarts;
        flags.max_seconds = std::chrono::seconds{self.max_seconds};
        flags.auto_shutdown = self.auto_shutdown;
        flags.backoff = self.children_backoff;
        return supervisor::init(child_list{std::move(specs)}, flags);
    }
};

/// Starts a dynamic supervisor. The scenario has no `init` for such a supervisor,
/// so this function writes the log.
struct start_dynamic {
    task<dynamic_supervisor::start_awaiter::result> operator()() const {
        return start(log, what, path);
    }
    static task<dynamic_supervisor::start_awaiter::result> start(log_access log, node_access what,
                                                                 std::string path) {
        const int n = log.log->started(path, "ok");
        dynamic_supervisor_flags flags;
        flags.max_restarts = what.what->max_restarts;
        flags.max_seconds = std::chrono::seconds{what.what->max_seconds};
        flags.backoff = what.what->children_backoff;
        if (what.what->max_children) {
            flags.max_children = static_cast<std::size_t>(*what.what->max_children);
        }
        auto starting = dynamic_supervisor::start_link(flags);
        auto result = co_await starting;
        if (result) {
            log.log->lives(result.process(), {path, n, node_kind::dynamic_supervisor});
        }
        co_return result;
    }

    log_access log;
    node_access what;
    std::string path;
};

child_spec bare_spec_of(const log_access& log, const node& what, const std::string& path) {
    switch (what.kind) {
        case node_kind::worker:
            return child<worker>(log, node_access{&what}, path);
        case node_kind::supervisor:
            return child<tree_supervisor>(log, node_access{&what}, path);
        case node_kind::dynamic_supervisor: {
            const start_dynamic start{log, node_access{&what}, path};
            return child_with_start(what.id, start).type(child_type::supervisor);
        }
    }
    throw std::logic_error{"a node of no kind"};
}

}  // namespace

child_spec spec_of(const log_access& log, const node& what, const std::string& path) {
    child_spec spec = bare_spec_of(log, what, path);
    spec.id(what.id).restart(what.restart).significant(what.significant);
    if (what.shutdown) {
        spec.shutdown(*what.shutdown);
    }
    if (what.backoff) {
        spec.backoff(*what.backoff);
    }
    if (what.budget) {
        spec.budget(*what.budget);
    }
    return spec;
}

supervisor::start_awaiter start_root(const log_access& log, const node& root) {
    return supervisor::start_link<tree_supervisor>(log, node_access{&root}, root.id);
}

}  // namespace coppice::cli
