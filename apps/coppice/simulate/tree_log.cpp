// SPDX-License-Identifier: Apache-2.0

#include "simulate/tree_log.hpp"

#include <utility>

namespace coppice::cli {
namespace {

constexpr std::size_t bytes_of_a_process = 200;
constexpr std::size_t bytes_of_an_event = 600;

}  // namespace

int tree_log::started(const std::string& path, const std::string& outcome) {
    const int n = ++starts_[path];
    add({{"event", "start"}, {"path", path}, {"n", n}, {"outcome", outcome}});
    return n;
}

void tree_log::lives(const pid& who, started_process what) {
    bytes_ += what.path.size() + bytes_of_a_process;
    if (is_too_large()) {
        return;
    }
    newest_.insert_or_assign(what.path, who);
    known_.insert_or_assign(who, std::move(what));
}

void tree_log::terminates(const std::string& path, int n, const exit_reason& why) {
    add({{"event", "terminate"}, {"path", path}, {"n", n}, {"reason", shown_reason(why)}});
}

pid tree_log::newest(const std::string& path) const {
    const auto found = newest_.find(path);
    return found == newest_.end() ? pid{} : found->second;
}

const started_process* tree_log::known(const pid& who) const {
    const auto found = known_.find(who);
    return found == known_.end() ? nullptr : &found->second;
}

void tree_log::on_end(const pid& who, const exit_reason& why) {
    busy_.erase(who);
    const started_process* ended = known(who);
    if (ended == nullptr) {
        return;
    }
    // A supervisor ends with this reason only if a child failed to start, so the
    // supervisor itself never started.
    const bool never_was =
        why.size() == 2 && why[1].size() == 3 && why[1][0] == "failed_to_start_child";
    if (!never_was) {
        add({{"event", "exit"},
             {"path", ended->path},
             {"n", ended->n},
             {"reason", shown_reason(why)}});
    }
}

void tree_log::add(nlohmann::json event) {
    std::size_t size = bytes_of_an_event;
    for (const nlohmann::json& value : event) {
        size += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
    }
    bytes_ += size;
    event_bytes_ += size;
    if (is_too_large()) {
        return;
    }
    if (shows_times_) {
        using std::chrono::milliseconds;
        const auto ms = std::chrono::duration_cast<milliseconds>(world_->now()).count();
        event["at_ms"] = (ms + 50) / 100 * 100;
    }
    events_.push_back(std::move(event));
}

nlohmann::json tree_log::take_events() {
    bytes_ -= std::exchange(event_bytes_, 0);
    return std::exchange(events_, nlohmann::json::array());
}

}  // namespace coppice::cli
