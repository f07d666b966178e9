// SPDX-License-Identifier: Apache-2.0
// Runs a scenario of the kind "supervision" step by step, each until the tree is at rest.

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "simulate/printable.hpp"
#include "simulate/read_tree.hpp"
#include "simulate/tree_log.hpp"

namespace coppice::cli {
namespace {

using nlohmann::json;
constexpr std::chrono::hours rest_limit{24 * 365};
/// Below the limit of the clock by more than the longest step.
constexpr std::chrono::hours last_moment{24 * 365 * 290};

/// A message to the parent of the root: send an exit signal.
struct send_exit {
    pid to;
    exit_reason why;
};

class tree_run {
  public:
    tree_run(const tree_scenario& given, const line_sink& sink, std::uint64_t turns_max)
        : given_{given},
          sink_{sink},
          turns_max_{turns_max},
          world_{given.seed, world_options(given.delays)} {
        world_.keep_event_log(false);
        log_.watch(world_);
        world_.limit_turns(turns_max);
    }

    run_result run() {
        start();
        for (const tree_step& step : given_.steps) {
            ++number_;
            perform(step);
        }
        if (world_.alive(root())) {
            result_.tree = drawn_tree();
            ++number_;
            world_.system().send(parent_, send_exit{root(), reason::shutdown});
            settle();
            add_line("shutdown", "ok");
        }
        result_.turns = world_.turns();
        result_.broken_invariants = world_.broken_invariants();
        return std::move(result_);
    }

  private:
    pid root() const { return log_.newest(given_.root.id); }

    void start() {
        parent_ = world_.spawn([this]() -> task<> {
            trap_exit(true);
            auto starting = start_root(log_access{&log_}, given_.root);
            const auto started = co_await starting;
            started_ = started ? "ok" : "error:" + shown_start_error(started.error());
            for (;;) {
                co_await receive([](const send_exit& asked) { exit(asked.to, asked.why); },
                                 [](const exit_message&) {});
            }
        });
        settle();
        add_line("start", started_);
    }

    void perform(const tree_step& step) {
        if (step.action == tree_action::advance) {
            pass_time(step);
            return;
        }
        const pid target = log_.newest(step.target);
        if (!world_.alive(target)) {
            add_line(step.name, "error:noproc");
            return;
        }
        const node_kind kind = log_.known(target)->kind;
        if (step.action == tree_action::exit) {
            send_and_settle(parent_, send_exit{target, reason_from(step.text)});
            add_line(step.name, "ok");
        } else if (step.action == tree_action::crash || step.action == tree_action::stop) {
            add_line(step.name, ordered(step, target, kind));
        } else {
            add_line(step.name, requested(step, target, kind));
        }
    }

    void pass_time(const tree_step& step) {
        log_.show_times(true);
        world_.advance(step.time);
        settle();
        log_.show_times(false);
        add_line(step.name, started_ == "ok" ? "ok" : "error:noproc");
    }

    json ordered(const tree_step& step, const pid& target, node_kind kind) {
        if (kind != node_kind::worker) {
            return "error:not_a_worker";
        }
        if (step.action == tree_action::crash) {
            send_and_settle(target, crash_order{step.text});
        } else {
            send_and_settle(target, stop_order{reason_from(step.text)});
        }
        return "ok";
    }

    json requested(const tree_step& step, const pid& target, node_kind kind) {
        switch (kind) {
            case node_kind::worker:
                return "error:not_a_supervisor";
            case node_kind::supervisor:
                return answer_to(request(step, supervisor{target}));
            case node_kind::dynamic_supervisor:
                if (step.action == tree_action::start_child) {
                    refuse_second(step);
                }
                return answer_to(request(step, dynamic_supervisor{target}));
        }
        return nullptr;
    }

    /// For paths that are a dynamic supervisor's only at times; the reader checks all other paths.
    void refuse_second(const tree_step& step) {
        if (!dynamic_children_.insert(path_of_child(step)).second) {
            throw scenario_error{place() + ".child.id", started_twice(step.child->id)};
        }
    }

    /// Runs a request in a process of its own, which ends if the supervisor ends.
    json answer_to(task<json> request) {
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

    /// The request of the step to a supervisor or a dynamic supervisor.
    template <class Supervisor>
    task<json> request(const tree_step& step, const Supervisor& to) {
        constexpr bool dynamic = std::is_same_v<Supervisor, dynamic_supervisor>;
        switch (step.action) {
            case tree_action::start_child:
                return asked([this, &step, to] {
                    return to.start_child(
                        spec_of(log_access{&log_}, *step.child, path_of_child(step)));
                });
            case tree_action::terminate_child:
                if constexpr (dynamic) {
                    const pid child = log_.newest(step.target + "/" + step.text);
                    return asked([child, to] { return to.terminate_child(child); });
                } else {
                    return asked([&step, to] { return to.terminate_child(step.text); });
                }
            case tree_action::which_children:
                return asked([to] { return to.which_children(); }, dynamic);
            case tree_action::count_children:
                return asked([to] { return to.count_children(); });
            default:
                break;
        }
        if constexpr (dynamic) {
            return unsupported();
        } else if (step.action == tree_action::restart_child) {
            return asked([&step, to] { return to.restart_child(step.text); });
        } else {
            return asked([&step, to] { return to.delete_child(step.text); });
        }
    }

    template <class Ask, class... HowToShow>
    task<json> asked(Ask ask, HowToShow... how) {
        auto asking = ask();
        const auto answer = co_await asking;
        co_return shown(answer, how...);
    }
    static task<json> unsupported() { co_return json("error:unsupported"); }

    static json shown(const child_result& result) {
        if (result.ok()) {
            return "ok";
        }
        return result.ignored() ? "ignore" : "error:" + shown_start_error(result.error());
    }
    static json shown(const void_result& result) {
        return result ? "ok" : "error:" + shown_reason(result.error());
    }
    static json shown(const child_counts& counts) {
        return {{"specs", counts.specs},
                {"active", counts.active},
                {"supervisors", counts.supervisors},
                {"workers", counts.workers}};
    }
    json shown(const std::vector<child_info>& children, bool dynamic) const {
        json out = json::array();
        for (const child_info& each : children) {
            out.push_back({{"id", dynamic ? id_in_path(each.process) : each.id},
                           {"state", std::string{to_string(each.status)}},
                           {"type", std::string{to_string(each.type)}}});
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    std::string id_in_path(const pid& child) const {
        const started_process* known = log_.known(child);
        return known == nullptr ? "?" : known->path.substr(known->path.rfind('/') + 1);
    }

    template <class Message>
    void send_and_settle(const pid& to, const Message& what) {
        world_.system().send(to, what);
        settle();
    }

    /// Runs until no process has work and none is stopping.
    void settle() {
        world_.run_until_idle();
        while (!log_.at_rest() && !world_.out_of_turns() &&
               world_.advance_to_next_timer(rest_limit)) {
            world_.run_until_idle();
        }
    }

    void add_line(const std::string& action, json outcome) {
        if (world_.out_of_turns()) {
            fail_without_rest(place(), turns_max_);
        }
        if (world_.now() > last_moment) {
            throw scenario_error{
                place(),
                "comes to the end of the virtual clock, 290 years after its start; "
                "let less time pass"};
        }
        if (log_.is_too_large()) {
            throw scenario_error{place(), "has more events than fit into " +
                                              std::to_string(scenario_events_max >> 20U) +
                                              " MiB; let less happen in one step"};
        }
        sink_({{"step", number_},
               {"do", action},
               {"result", std::move(outcome)},
               {"events", log_.take_events()}});
    }

    /// The place of the current step.
    std::string place() const {
        const bool is_step = number_ > 0 && number_ <= given_.steps.size();
        return is_step ? "$.steps[" + std::to_string(number_ - 1) + "]" : "$.root";
    }
    static std::string path_of_child(const tree_step& step) {
        return step.target + "/" + step.child->id;
    }

    std::string drawn_tree() {
        tree_node tree;
        const pid asked = root();
        world_.run([&tree, asked]() -> task<> { tree = co_await snapshot(asked); });
        // No supervisor above knows its id.
        tree.id = given_.root.id;
        make_printable(tree);
        return to_text(tree);
    }
    static void make_printable(tree_node& tree) {
        tree.id = printable(tree.id);
        for (tree_node& child : tree.children) {
            make_printable(child);
        }
    }

    const tree_scenario& given_;
    const line_sink& sink_;
    const std::uint64_t turns_max_;
    std::string started_;
    std::size_t number_ = 0;
    std::set<std::string> dynamic_children_;
    pid parent_;
    run_result result_;
    tree_log log_;
    // Last: its processes use the members above until the world is destroyed.
    testing::sim_world world_;
};

}  // namespace

run_result run_tree(const tree_scenario& given, const line_sink& sink, std::uint64_t turns_max) {
    return tree_run{given, sink, turns_max}.run();
}

}  // namespace coppice::cli
