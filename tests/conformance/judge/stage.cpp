// SPDX-License-Identifier: Apache-2.0

#include "stage.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "simulate/trace.hpp"

namespace coppice::judge {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t turns_max = 1'000'000;
/// Between two looks at scheduler threads.
constexpr auto look = 200us;
constexpr int quiet_looks = 3;

/// A reason of an end. A process that a failed call has ended has the reason `{Why, {Module, Function, Arguments}}`,
/// and only `Why` is compared.
std::string shown_end(const exit_reason& why) {
    const bool of_call =
        why.size() == 2 && why[1].size() == 3 && why[1][0] != "failed_to_start_child";
    return of_call ? shown_end(why[0]) : cli::shown_reason(why);
}

}  // namespace

/// In the simulator the world itself knows when it is at rest.
class stage::simulated final : public stage::world {
  public:
    explicit simulated(const schedule& how) : world_{how.seed, cli::world_options(how.delays)} {
        world_.keep_event_log(false);
        world_.limit_turns(turns_max);
    }
    ~simulated() override { world_.system().stop(0ms); }
    simulated(const simulated&) = delete;
    simulated& operator=(const simulated&) = delete;

    runtime& system() override { return world_.system(); }
    void settle() override {
        world_.run_until_idle();
        if (world_.out_of_turns()) {
            throw std::runtime_error{"does not come to rest"};
        }
    }
    void pass(std::chrono::milliseconds time) override { world_.advance(time); }
    std::vector<std::string> broken() const override { return world_.broken_invariants(); }

  private:
    testing::sim_world world_;
};

/// On scheduler threads the world is at rest if all processes wait, and no turn ends between several looks.
class stage::threaded final : public stage::world {
  public:
    explicit threaded(const schedule& how) : system_{options(how)} { system_.start(); }
    ~threaded() override { system_.stop(0ms); }
    threaded(const threaded&) = delete;
    threaded& operator=(const threaded&) = delete;

    runtime& system() override { return system_; }
    void settle() override {
        std::uint64_t before = 0;
        for (int quiet = 0; quiet < quiet_looks;) {
            std::this_thread::sleep_for(look);
            const std::uint64_t now = turns();
            quiet = now == before && all_wait() ? quiet + 1 : 0;
            before = now;
        }
    }
    void pass(std::chrono::milliseconds time) override { std::this_thread::sleep_for(time); }

  private:
    static runtime_options options(const schedule& how) {
        runtime_options out = testing::sim_world::quiet();
        out.workers = how.threads;
        return out;
    }
    std::uint64_t turns() const {
        std::uint64_t out = 0;
        const runtime_statistics now = system_.statistics();
        for (const scheduler_statistics& each : now.schedulers) {
            out += each.turns;
        }
        return out + now.spawns + now.exits;
    }
    bool all_wait() const {
        bool wait = true;
        system_.visit_processes([&wait](const process_glance& each) {
            wait = wait && each.status == process_status::waiting;
        });
        return wait;
    }

    runtime system_;
};

std::unique_ptr<stage::world> stage::make_world(const schedule& how) {
    if (how.threads > 0) {
        return std::make_unique<threaded>(how);
    }
    return std::make_unique<simulated>(how);
}

stage::stage(const json& scenario, const schedule& how)
    : scenario_{scenario}, world_{make_world(how)} {
    watcher_ = world_->system().spawn([this] { return watcher(this); });
    for (const json& each : scenario["clients"]) {
        const std::string label = each["id"];
        const bool traps = each.value("trap_exit", false);
        const pid started =
            world_->system().spawn([this, label, traps] { return client(this, label, traps); });
        name(started, label);
    }
    world_->settle();
}

stage::~stage() = default;

json stage::run(const std::function<performance(const json& step)>& perform) {
    json lines = json::array();
    std::size_t number = 0;
    for (const json& step : scenario_["steps"]) {
        ++number;
        const std::string result = carry_out(number, step, perform);
        world_->settle();
        lines.push_back(
            {{"step", number}, {"do", step["do"]}, {"result", result}, {"events", take_events()}});
    }
    return lines;
}

std::string stage::carry_out(std::size_t number, const json& step,
                             const std::function<performance(const json& step)>& perform) {
    if (step["do"] == "advance") {
        world_->pass(std::chrono::milliseconds{step["ms"].get<int>()});
        return "ok";
    }
    const std::string by = step["by"];
    const pid client = find(by).value_or(pid{});
    {
        const std::lock_guard lock{mutex_};
        if (busy_[by]) {
            return "error:busy";
        }
    }
    if (!world_->system().is_alive(client)) {
        return "error:noproc";
    }
    performance what = perform(step);
    if (what.by_client) {
        is_busy(by, true);
        world_->system().send(client,
                              order{std::make_shared<const action>(std::move(what.by_client))});
    } else if (what.by_process) {
        const std::string label = "do" + std::to_string(number);
        const pid started = world_->system().spawn([this, label] { return helper(this, label); });
        world_->system().send(started,
                              order{std::make_shared<const action>(std::move(what.by_process))});
    }
    return what.result;
}

task<> stage::client(stage* here, std::string label, bool traps) {
    trap_exit(traps);
    co_await here->watch(label);
    // The results and the ends of tasks stay in the mailbox until the client asks.
    const bool selects = here->scenario_["kind"] == "tasks";
    for (;;) {
        std::shared_ptr<const action> act;
        const auto take = [&](const order& given) { act = given.act; };
        const auto leave = [&](const exit_message& m) { here->got(label, m); };
        if (selects) {
            co_await receive(take, leave);
        } else {
            co_await receive(take, leave, [&](const down_message& m) { here->got(label, m); });
        }
        if (act) {
            auto acting = (*act)(label);
            co_await std::move(acting);
            here->is_busy(label, false);
        }
    }
}

task<> stage::helper(stage* here, std::string label) {
    co_await here->watch(label);
    const order given = co_await receive<order>();
    auto acting = (*given.act)(label);
    co_await std::move(acting);
}

task<> stage::watcher(stage* here) {
    std::unordered_map<ref, std::string> watching;
    for (;;) {
        co_await receive(
            [&](const watch_request& asked) {
                watching.emplace(monitor(asked.who), asked.label);
                if (asked.waits) {
                    send(asked.who, watched{});
                }
            },
            [&](const down_message& m) {
                const std::string label = watching.at(m.monitor);
                here->is_busy(label, false);
                here->event(label, "died", {{"reason", shown_end(m.why)}});
            });
    }
}

task<std::string> stage::watch(std::string label) {
    std::string given = numbered(self(), label);
    send(watcher_, watch_request{self(), given});
    co_await receive<watched>();
    co_return given;
}

void stage::watch(const pid& who, const std::string& label) {
    send(watcher_, watch_request{who, numbered(who, label), false});
}

std::string stage::numbered(const pid& who, const std::string& label) {
    const std::lock_guard lock{mutex_};
    const int number = ++starts_[label];
    const std::string given = number == 1 ? label : label + "." + std::to_string(number);
    pids_.insert_or_assign(given, who);
    pids_.insert_or_assign(label, who);
    labels_.insert_or_assign(who, given);
    return given;
}

void stage::event(const std::string& label, const char* name, json fields) {
    fields["process"] = label;
    fields["event"] = name;
    const std::lock_guard lock{mutex_};
    events_.push_back(std::move(fields));
}

void stage::got(const std::string& label, const exit_message& m) {
    event(label, "exit_message", {{"from", label_of(m.from)}, {"reason", shown_end(m.why)}});
}

void stage::got(const std::string& label, const down_message& m) {
    event(label, "down_message", {{"from", label_of(m.process)}, {"reason", shown_end(m.why)}});
}

void stage::keep(const std::string& key, std::any value) {
    const std::lock_guard lock{mutex_};
    kept_.insert_or_assign(key, std::move(value));
}

std::optional<pid> stage::find(const std::string& label) const {
    const std::lock_guard lock{mutex_};
    const auto found = pids_.find(label);
    return found == pids_.end() ? std::nullopt : std::optional{found->second};
}

std::string stage::label_of(const pid& who) const {
    const std::lock_guard lock{mutex_};
    const auto found = labels_.find(who);
    return found == labels_.end() ? "?" : found->second;
}

void stage::name(const pid& who, const std::string& label) {
    const std::lock_guard lock{mutex_};
    pids_.insert_or_assign(label, who);
    labels_.insert_or_assign(who, label);
}

void stage::is_busy(const std::string& label, bool busy) {
    const std::lock_guard lock{mutex_};
    busy_[label] = busy;
}

json stage::take_events() {
    const std::lock_guard lock{mutex_};
    std::map<std::string, std::vector<json>> by_label;
    for (json& each : std::exchange(events_, json::array())) {
        by_label[each["process"]].push_back(std::move(each));
    }
    json sorted = json::array();
    for (auto& [label, events] : by_label) {
        for (json& each : events) {
            sorted.push_back(std::move(each));
        }
    }
    return sorted;
}

std::vector<std::string> stage::broken_invariants() const {
    return world_->broken();
}

}  // namespace coppice::judge
