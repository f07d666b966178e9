// SPDX-License-Identifier: Apache-2.0
// A stage for scenarios whose steps are carried out by clients: processes that run functions. The stage labels the
// processes and collects events, in the simulator or on scheduler threads. Events are sorted by label, so that
// order counts within a process.

#pragma once

#include <any>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/testing/sim_world.hpp"

namespace coppice::judge {

using nlohmann::json;

/// How Coppice runs a scenario.
struct schedule {
    std::uint64_t seed = 1;
    signal_delays delays = signal_delays::none;
    unsigned threads = 0;  ///< 0: the simulator.
};

/// A function of a step. The argument is the label of the process that runs the function.
using action = std::function<task<>(std::string label)>;

/// What a step does: a function for the client that carries out the step or for a process of its own, or
/// only a result.
struct performance {
    action by_client = {};
    action by_process = {};
    std::string result = "ok";
};

/// An order to a process of the stage.
struct order {
    std::shared_ptr<const action> act;
};
/// A request to the watcher, which answers with `watched` if the process asks itself.
struct watch_request {
    pid who;
    std::string label;
    bool waits = true;
};
struct watched {};

}  // namespace coppice::judge

template <>
struct coppice::message_trait<coppice::judge::order> {
    static constexpr bool is_message = true;
};

namespace coppice::judge {

class stage {
  public:
    /// The scenario outlives the stage.
    stage(const json& scenario, const schedule& how);
    ~stage();
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    /// Runs all steps. The result is the trace.
    json run(const std::function<performance(const json& step)>& perform);
    /// Violations by the runtime itself.
    std::vector<std::string> broken_invariants() const;

    // For processes of the stage, on any thread.
    /// From now on the calling process has the label, and its end is an event. The second process of a label, as
    /// after a restart, has the label with ".2". Gives the label.
    task<std::string> watch(std::string label);
    /// The same for any process, without waiting.
    void watch(const pid& who, const std::string& label);
    /// The process has the label; its end is no event.
    void name(const pid& who, const std::string& label);
    void event(const std::string& label, const char* name, json fields = json::object());
    void got(const std::string& label, const exit_message& m);
    void got(const std::string& label, const down_message& m);
    /// Keeps a value, as the address of a caller for a later reply.
    void keep(const std::string& key, std::any value);
    template <class T>
    std::optional<T> kept(const std::string& key) const {
        const std::lock_guard lock{mutex_};
        const auto found = kept_.find(key);
        return found == kept_.end() ? std::nullopt : std::optional{std::any_cast<T>(found->second)};
    }
    /// The newest process with the label; nothing if no process ever had the label.
    std::optional<pid> find(const std::string& label) const;
    std::string label_of(const pid& who) const;

  private:
    class simulated;
    class threaded;
    /// The runtime of either kind.
    struct world {
        virtual ~world() = default;
        virtual runtime& system() = 0;
        virtual void settle() = 0;
        virtual void pass(std::chrono::milliseconds time) = 0;
        virtual std::vector<std::string> broken() const { return {}; }
    };

    static std::unique_ptr<world> make_world(const schedule& how);
    static task<> client(stage* here, std::string label, bool traps);
    static task<> helper(stage* here, std::string label);
    static task<> watcher(stage* here);
    std::string carry_out(std::size_t number, const json& step,
                          const std::function<performance(const json& step)>& perform);
    std::string numbered(const pid& who, const std::string& label);
    void is_busy(const std::string& label, bool busy);
    json take_events();

    const json& scenario_;
    mutable std::mutex mutex_;  ///< Guards the members down to `events_`.
    std::map<std::string, pid> pids_;
    std::unordered_map<pid, std::string> labels_;
    std::map<std::string, bool> busy_;
    std::map<std::string, std::any> kept_;
    std::map<std::string, int> starts_;
    json events_ = json::array();
    pid watcher_;
    // Last: its processes use the members above until the world is destroyed.
    std::unique_ptr<world> world_;
};

/// Gives processes access to the stage, which outlives the processes.
struct stage_access {
    stage* here = nullptr;
};

/// Run a step of a scenario of the kind.
[[nodiscard]] performance perform_server(stage& here, const json& step);
[[nodiscard]] performance perform_statem(stage& here, const json& step);
[[nodiscard]] performance perform_registry(stage& here, const json& step);
[[nodiscard]] performance perform_agents(stage& here, const json& step);
[[nodiscard]] performance perform_tasks(stage& here, const json& step);
[[nodiscard]] performance perform_partitions(stage& here, const json& step);

}  // namespace coppice::judge

template <>
struct coppice::message_trait<coppice::judge::stage_access> {
    static constexpr bool is_message = true;
};
