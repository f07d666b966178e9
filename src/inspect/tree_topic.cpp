// SPDX-License-Identifier: Apache-2.0
// The topic `tree`: the nodes that are open at the client, compared at each
// interval with the last notification.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "coppice/events.hpp"
#include "coppice/process.hpp"
#include "inspect/node_json.hpp"
#include "inspect/protocol.hpp"
#include "inspect/subscriptions.hpp"

namespace coppice::inspect {
namespace {

constexpr bounds intervals{100, 10'000};
constexpr std::size_t open_max = 1000;
constexpr std::chrono::seconds patience_round{2};
constexpr std::chrono::seconds rest_max{2};

std::vector<pid> open_nodes(const parameters& given) {
    const std::vector<std::string> texts = given.texts("open");
    if (texts.size() > open_max) {
        throw request_error{code::bad_parameter, "open: has to be a list of up to " +
                                                     std::to_string(open_max) + " pids"};
    }
    std::vector<pid> out;
    for (const std::string& each : texts) {
        const auto named = pid_from(each);
        if (!named) {
            throw request_error{code::bad_parameter, "open: \"" + each + "\" is no pid"};
        }
        out.push_back(*named);
    }
    return out;
}

void check(const parameters& given) {
    (void)open_nodes(given);
    (void)given.number("interval", 500, intervals);
    if (given.has("root")) {
        (void)given.process("root");
    }
}

/// Supervisors are asked at least this often, even without events: the deletion of a child
/// specification may cause no event.
constexpr std::chrono::seconds longest_interval{1};

class tree_watch {
  public:
    explicit tree_watch(const subscription& what)
        : what_{what},
          open_{open_nodes(what.given)},
          interval_{what.given.number("interval", 500, intervals)} {
        if (what.given.has("root")) {
            root_ = what.given.process("root");
        }
    }

    task<> run() {
        for (;;) {
            const auto begun = monotonic_time();
            auto looking = look();
            co_await looking;
            // Looking takes at most a fiftieth of the time. The rest is bounded by `rest_max`, so a busy
            // supervisor does not silence the topic for long.
            const auto taken = monotonic_time() - begun;
            const auto rest = std::min<std::chrono::nanoseconds>(50 * taken, rest_max);
            co_await sleep(std::max<std::chrono::nanoseconds>(interval_, rest));
        }
    }

  private:
    task<> look() {
        tree_reader reader{whereis(what_.facts->process_name()), monotonic_time() + patience_round};
        std::vector<seen_node> now;
        if (has_new_events()) {
            auto reading = read_all(reader);
            now = co_await reading;
            asked_at_ = monotonic_time();
        } else {
            now = told_;
            for (seen_node& each : now) {
                reader.refresh(each);
            }
        }
        tell_changes(std::move(now));
    }

    /// Whether the flight recorder has new events since the last look.
    bool has_new_events() {
        const std::uint64_t before = std::exchange(events_, events::recent(UINT64_MAX, 1).next);
        return before != events_ || monotonic_time() - asked_at_ >= longest_interval || is_first_;
    }

    task<std::vector<seen_node>> read_all(tree_reader& reader) {
        std::vector<root_process> watched;
        if (root_) {
            watched.push_back({root_, {}});
        } else {
            auto looking = reader.roots(origins_);
            watched = co_await looking;
        }
        for (const pid& each : open_) {
            const bool is_root =
                std::ranges::find(watched, each, &root_process::process) != watched.end();
            if (!is_root) {
                watched.push_back({each, {}});
            }
        }
        std::vector<seen_node> out;
        for (const root_process& each : watched) {
            if (coppice::detail::is_alive_now(each.process)) {
                auto reading = reader.read(each, 1);
                out.push_back(co_await reading);
            }
        }
        co_return out;
    }

    void tell_changes(std::vector<seen_node> now) {
        json nodes = json::array();
        json gone = json::array();
        for (const seen_node& each : now) {
            const auto before = std::ranges::find(told_, each.process, &seen_node::process);
            if (before == told_.end() || *before != each) {
                nodes.push_back(to_json(each));
            }
        }
        for (const seen_node& each : told_) {
            if (std::ranges::find(now, each.process, &seen_node::process) == now.end()) {
                gone.push_back(to_string(each.process));
            }
        }
        told_ = std::move(now);
        if (std::exchange(is_first_, false) || !nodes.empty() || !gone.empty()) {
            json data;
            data["nodes"] = std::move(nodes);
            data["gone"] = std::move(gone);
            what_.tell(data);
        }
    }

    const subscription& what_;
    pid root_;
    std::vector<pid> open_;
    std::chrono::milliseconds interval_;
    origins origins_;
    std::vector<seen_node> told_;
    std::uint64_t events_ = 0;
    std::chrono::nanoseconds asked_at_{0};
    bool is_first_ = true;
};

task<> run(const subscription& what) {
    tree_watch watch{what};
    auto watching = watch.run();
    co_await watching;
}

}  // namespace

topic tree_topic() {
    return {"tree", check, run};
}

}  // namespace coppice::inspect
