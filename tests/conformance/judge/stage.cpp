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
    for (;;) {
        std::shared_ptr<const action> act;
        co_await receive([&](const order& given) { act = given.act; },
                         [&](const exit_message& m) { here->got(label, m); },
                         [&](const down_message& m) { here->got(label, m); });
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
                here->name(asked.who, asked.label);
                watching.emplace(monitor(asked.who), asked.label);
                send(asked.who, watched{});
            },
            [&](const down_message& m) {
                const std::string label = watching.at(m.monitor);
                here->is_busy(label, false);
                here->event(label, "died", {{"reason", cli::shown_reason(m.why)}});
            });
    }
}

task<> stage::watch(std::string label) {
    send(watcher_, watch_request{self(), std::move(label)});
    co_await receive<watched>();
}

void stage::event(const std::string& label, const char* name, json fields) {
    fields["process"] = label;
    fields["event"] = name;
    const std::lock_guard lock{mutex_};
    events_.push_back(std::move(fields));
}

void stage::got(const std::string& label, const exit_message& m) {
    event(label, "exit_message",
          {{"from", label_of(m.from)}, {"reason", cli::shown_reason(m.why)}});
}

void stage::got(const std::string& label, const down_message& m) {
    event(label, "down_message",
          {{"from", label_of(m.process)}, {"reason", cli::shown_reason(m.why)}});
}

void stage::keep(const std::string& key, const reply_to<std::string>& to) {
    const std::lock_guard lock{mutex_};
    kept_.insert_or_assign(key, to);
}

std::optional<reply_to<std::string>> stage::kept(const std::string& key) const {
    const std::lock_guard lock{mutex_};
    const auto found = kept_.find(key);
    return found == kept_.end() ? std::nullopt : std::optional{found->second};
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
