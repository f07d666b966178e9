// SPDX-License-Identifier: Apache-2.0
// Runs a scenario of the kind "processes": one of the processes carries out each step.

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"
#include "simulate/trace.hpp"

namespace coppice::cli {

class process_run;

/// Gives a process access to its run; both live on one thread.
struct run_access {
    process_run* run = nullptr;
};

/// A message to carry out a step.
struct step_order {
    std::size_t index;
};

struct text_message {
    std::string text;
};

}  // namespace coppice::cli

template <>
struct coppice::message_trait<coppice::cli::run_access> {
    static constexpr bool is_message = true;
};

namespace coppice::cli {

using nlohmann::json;

class process_run {
  public:
    process_run(const process_scenario& given, const line_sink& sink, std::uint64_t turns_max)
        : given_{given},
          sink_{sink},
          turns_max_{turns_max},
          world_{given.seed, world_options(given.delays)} {
        world_.keep_event_log(false);
        world_.limit_turns(turns_max);
        world_.on_end([this](const pid& who, const exit_reason& why) {
            if (const auto known = ids_.find(who); known != ids_.end()) {
                add({{"process", known->second}, {"event", "died"}, {"reason", shown_reason(why)}});
            }
        });
    }

    run_result run() {
        const pid first = world_.spawn(&process_run::actor, run_access{this}, false);
        know(first, "p0");
        world_.run_until_idle();
        for (std::size_t i = 0; i < given_.steps.size(); ++i) {
            perform(i);
        }
        result_.turns = world_.turns();
        result_.broken_invariants = world_.broken_invariants();
        return std::move(result_);
    }

  private:
    static task<> actor(run_access access, bool traps) {
        process_run& run = *access.run;
        trap_exit(traps);
        bool goes_on = true;
        while (goes_on) {
            co_await receive([&](const step_order& order) { goes_on = run.carry_out(order.index); },
                             [&](const exit_message& m) { run.heard(m); },
                             [&](const down_message& m) { run.heard(m); },
                             [&](const text_message& m) { run.heard(m); });
        }
    }

    void perform(std::size_t index) {
        const process_step& step = given_.steps[index];
        const pid by = find(step.by);
        // Stays if the process ends during the step.
        outcome_ = "exited";
        if (!world_.alive(by)) {
            outcome_ = "error:noproc";
        } else if (!step.to.empty() && !find(step.to)) {
            outcome_ = "error:unknown";
        } else {
            world_.system().send(by, step_order{index});
            world_.run_until_idle();
        }
        if (world_.out_of_turns()) {
            fail_without_rest("$.steps[" + std::to_string(index) + "]", turns_max_);
        }
        std::stable_sort(events_.begin(), events_.end(), [](const json& left, const json& right) {
            return left["process"].get<std::string>() < right["process"].get<std::string>();
        });
        sink_({{"step", index + 1},
               {"do", step.action_name},
               {"result", outcome_},
               {"events", std::exchange(events_, json::array())}});
    }

    /// False: the process has to return.
    bool carry_out(std::size_t index) {
        const process_step& step = given_.steps[index];
        if (step.action == process_action::finish) {
            return false;
        }
        try {
            outcome_ = answer_of(step);
        } catch (const noproc_error&) {
            outcome_ = "error:noproc";
        } catch (const badarg_error&) {
            outcome_ = "error:badarg";
        }
        return true;
    }

    json answer_of(const process_step& step) {
        switch (step.action) {
            case process_action::spawn:
                spawn_actor(step);
                return "ok";
            case process_action::trap_exit:
                trap_exit(step.flag);
                return "ok";
            case process_action::link:
                link(find(step.to));
                return "ok";
            case process_action::unlink:
                unlink(find(step.to));
                return "ok";
            case process_action::monitor:
                name_ref(step.ref, coppice::monitor(find(step.to)));
                return "ok";
            case process_action::monitor_name:
                name_ref(step.ref, coppice::monitor(std::string_view{step.name}));
                return "ok";
            case process_action::demonitor:
                return drop_ref(step);
            case process_action::exit_signal:
                coppice::exit(find(step.to), reason_from(step.text));
                return "ok";
            case process_action::exit:
                coppice::exit(reason_from(step.text));
            case process_action::raise:
                throw std::runtime_error{step.text};
            case process_action::send:
                send(find(step.to), text_message{step.text});
                return "ok";
            case process_action::send_name:
                send(std::string_view{step.name}, text_message{step.text});
                return "ok";
            case process_action::register_name:
                coppice::register_name(step.name, find(step.to));
                return "ok";
            case process_action::unregister_name:
                coppice::unregister_name(step.name);
                return "ok";
            case process_action::whereis:
                return id_of(coppice::whereis(step.name));
            case process_action::finish:
                break;
        }
        return "ok";
    }

    void spawn_actor(const process_step& step) {
        const pid started = step.link ? spawn_link(&process_run::actor, run_access{this}, step.flag)
                                      : spawn(&process_run::actor, run_access{this}, step.flag);
        know(started, step.id);
        if (step.monitor) {
            name_ref(step.id, coppice::monitor(started));
        }
    }

    json drop_ref(const process_step& step) {
        const auto made = refs_.find(step.ref);
        if (made == refs_.end()) {
            return "error:noref";
        }
        demonitor(made->second,
                  step.flag ? demonitor_option::flush : demonitor_option::keep_messages);
        return "ok";
    }

    void heard(const exit_message& m) {
        add({{"process", id_of(self())},
             {"event", "exit_message"},
             {"from", id_of(m.from)},
             {"reason", shown_reason(m.why)}});
    }
    void heard(const down_message& m) {
        add({{"process", id_of(self())},
             {"event", "down_message"},
             {"ref", ref_names_.at(m.monitor)},
             {"reason", shown_reason(m.why)}});
    }
    void heard(const text_message& m) {
        add({{"process", id_of(self())}, {"event", "message"}, {"text", m.text}});
    }

    void know(const pid& who, const std::string& id) {
        ids_.emplace(who, id);
        pids_.emplace(id, who);
    }
    void name_ref(const std::string& name, ref made) {
        refs_.emplace(name, made);
        ref_names_.emplace(made, name);
    }
    pid find(const std::string& id) const {
        const auto found = pids_.find(id);
        return found == pids_.end() ? pid{} : found->second;
    }
    std::string id_of(const pid& who) const {
        const auto found = ids_.find(who);
        return found == ids_.end() ? "undefined" : found->second;
    }
    void add(json event) { events_.push_back(std::move(event)); }

    const process_scenario& given_;
    const line_sink& sink_;
    const std::uint64_t turns_max_;
    std::unordered_map<pid, std::string> ids_;
    std::map<std::string, pid> pids_;
    std::map<std::string, ref> refs_;
    std::unordered_map<ref, std::string> ref_names_;
    json events_ = json::array();
    json outcome_;
    run_result result_;
    // Last: its processes use the members above until the world is destroyed.
    testing::sim_world world_;
};

run_result run_processes(const process_scenario& given, const line_sink& sink,
                         std::uint64_t turns_max) {
    return process_run{given, sink, turns_max}.run();
}

}  // namespace coppice::cli
