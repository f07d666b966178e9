// SPDX-License-Identifier: Apache-2.0
// Runs a scenario of the kind "supervision", step by step, each until the tree is at rest.

#include <algorithm>
#include <optional>
#include <utility>

#include "simulate/tree_log.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;
constexpr std::chrono::hours rest_limit{24 * 365};

/// An exit signal that the root's parent is to send.
struct send_exit {
    pid to;
    exit_reason why;
};

json shown(const child_result& result) {
    if (result.ok()) {
        return "ok";
    }
    return result.ignored() ? "ignore" : "error:" + shown_start_error(result.error());
}

json shown(const void_result& result) {
    return result ? "ok" : "error:" + shown_reason(result.error());
}

json shown(const child_counts& counts) {
    return {{"specs", counts.specs},
            {"active", counts.active},
            {"supervisors", counts.supervisors},
            {"workers", counts.workers}};
}

class tree_run {
  public:
    explicit tree_run(const tree_scenario& given)
        : given_{given}, world_{given.seed}, log_{world_} {}

    run_result run() {
        start();
        int number = 0;
        for (const tree_step& step : given_.steps) {
            perform(++number, step);
        }
        if (world_.alive(root())) {
            result_.tree = drawn_tree();
            world_.system().send(parent_, send_exit{root(), reason::shutdown});
            settle();
            add_line(number + 1, "shutdown", "ok");
        }
        return std::move(result_);
    }

  private:
    pid root() const { return log_.newest(given_.root.id); }

    void start() {
        json outcome = "ok";
        parent_ = world_.spawn([this, &outcome]() -> task<> {
            trap_exit(true);
            auto starting = start_root(log_access{&log_}, given_.root);
            const auto started = co_await starting;
            if (!started) {
                outcome = "error:" + shown_start_error(started.error());
            }
            for (;;) {
                co_await receive([](const send_exit& asked) { exit(asked.to, asked.why); },
                                 [](const exit_message&) {});
            }
        });
        settle();
        add_line(0, "start", outcome);
    }

    void perform(int number, const tree_step& step) {
        if (step.action == tree_action::advance) {
            log_.show_times(true);
            world_.advance(step.time);
            settle();
            add_line(number, step.name,
                     world_.alive(root()) || log_.ever_started(given_.root.id)
                         ? json("ok")
                         : json("error:noproc"));
            log_.show_times(false);
            return;
        }
        const pid target = log_.newest(step.target);
        if (!world_.alive(target)) {
            add_line(number, step.name, "error:noproc");
            return;
        }
        add_line(number, step.name, result_of(step, target, log_.known(target)->kind));
    }

    json result_of(const tree_step& step, const pid& target, node_kind kind) {
        switch (step.action) {
            case tree_action::exit:
                world_.system().send(parent_, send_exit{target, reason_from(step.text)});
                settle();
                return "ok";
            case tree_action::crash:
            case tree_action::stop:
                if (kind != node_kind::worker) {
                    return "error:not_a_worker";
                }
                if (step.action == tree_action::crash) {
                    order(world_, target, crash_order{step.text});
                } else {
                    order(world_, target, stop_order{reason_from(step.text)});
                }
                settle();
                return "ok";
            default:
                break;
        }
        switch (kind) {
            case node_kind::worker:
                return "error:not_a_supervisor";
            case node_kind::supervisor:
                return asked(ask_static(step, target));
            case node_kind::dynamic_supervisor:
                return asked(ask_dynamic(step, target));
        }
        return nullptr;
    }

    /// Runs a request in a process of its own, which dies if the supervisor does.
    json asked(task<json> request) {
        auto answer = std::make_shared<json>();
        auto held = std::make_shared<task<json>>(std::move(request));
        const pid asking = world_.spawn([answer, held]() -> task<> { *answer = co_await *held; });
        settle();
        if (answer->is_null()) {
            const std::optional<exit_reason> why = world_.ended_with(asking);
            const std::string died = why && why->size() == 2 ? shown_reason((*why)[0]) : "noproc";
            return died == "noproc" ? "error:noproc" : "exit:" + died;
        }
        return *answer;
    }

    task<json> ask_static(const tree_step& step, pid target) {
        const supervisor to{target};
        switch (step.action) {
            case tree_action::start_child: {
                auto asking = to.start_child(
                    spec_of(log_access{&log_}, *step.child, step.target + "/" + step.child->id));
                const child_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::terminate_child: {
                auto asking = to.terminate_child(step.text);
                const void_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::restart_child: {
                auto asking = to.restart_child(step.text);
                const child_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::delete_child: {
                auto asking = to.delete_child(step.text);
                const void_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::which_children: {
                auto asking = to.which_children();
                const std::vector<child_info> result = co_await asking;
                co_return shown(result, false);
            }
            default: {
                auto asking = to.count_children();
                const child_counts result = co_await asking;
                co_return shown(result);
            }
        }
    }

    task<json> ask_dynamic(const tree_step& step, pid target) {
        const dynamic_supervisor to{target};
        switch (step.action) {
            case tree_action::start_child: {
                auto asking = to.start_child(
                    spec_of(log_access{&log_}, *step.child, step.target + "/" + step.child->id));
                const child_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::terminate_child: {
                auto asking = to.terminate_child(log_.newest(step.target + "/" + step.text));
                const void_result result = co_await asking;
                co_return shown(result);
            }
            case tree_action::restart_child:
            case tree_action::delete_child:
                co_return json("error:unsupported");
            case tree_action::which_children: {
                auto asking = to.which_children();
                const std::vector<child_info> result = co_await asking;
                co_return shown(result, true);
            }
            default: {
                auto asking = to.count_children();
                const child_counts result = co_await asking;
                co_return shown(result);
            }
        }
    }

    json shown(const std::vector<child_info>& children, bool is_dynamic) const {
        json out = json::array();
        for (const child_info& each : children) {
            std::string id = each.id;
            if (is_dynamic) {
                const started_process* known = log_.known(each.process);
                id = known == nullptr ? "?" : known->path.substr(known->path.rfind('/') + 1);
            }
            out.push_back({{"id", id},
                           {"state", std::string{to_string(each.status)}},
                           {"type", std::string{to_string(each.type)}}});
        }
        std::sort(out.begin(), out.end(), [](const json& left, const json& right) {
            return left["id"].get<std::string>() < right["id"].get<std::string>();
        });
        return out;
    }
    static json shown(const child_result& result) { return cli::shown(result); }
    static json shown(const void_result& result) { return cli::shown(result); }
    static json shown(const child_counts& counts) { return cli::shown(counts); }

    /// Until no process has anything to handle and none is stopping.
    void settle() {
        world_.run_until_idle();
        while (!log_.at_rest() && world_.advance_to_next_timer(rest_limit)) {
            world_.run_until_idle();
        }
    }

    void add_line(int number, const std::string& action, json outcome) {
        result_.lines.push_back({{"step", number},
                                 {"do", action},
                                 {"result", std::move(outcome)},
                                 {"events", log_.take_events()}});
    }

    std::string drawn_tree() {
        tree_node tree;
        const pid asked = root();
        world_.run([&tree, asked]() -> task<> { tree = co_await snapshot(asked); });
        return to_text(tree);
    }

    const tree_scenario& given_;
    testing::sim_world world_;
    tree_log log_;
    pid parent_;
    run_result result_;
};

}  // namespace

run_result run_tree(const tree_scenario& given) {
    return tree_run{given}.run();
}

}  // namespace coppice::cli
