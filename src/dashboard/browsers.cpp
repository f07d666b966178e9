// SPDX-License-Identifier: Apache-2.0

#include "dashboard/browsers.hpp"

#include <algorithm>
#include <utility>

#include "dashboard/read_json.hpp"
#include "dashboard/secret.hpp"

namespace coppice::dashboard {
namespace {

using namespace std::chrono_literals;

constexpr auto notification_wait = 250ms;
constexpr auto wait_for_program = 500ms;
/// A keep-alive interval: the write to a browser that has gone fails.
constexpr auto keep_alive_interval = 10s;
constexpr std::size_t part_bytes_max = std::size_t{256} * 1024;

/// Server-sent events end at line breaks, so line breaks in the data become spaces.
std::string event(std::string_view name, std::string data) {
    std::ranges::replace(data, '\n', ' ');
    std::ranges::replace(data, '\r', ' ');
    std::string text{"event: "};
    return text.append(name).append("\ndata: ").append(data).append("\n\n");
}

}  // namespace

browser::browser(std::string id, const endpoint& where, bool read_only)
    : id_{std::move(id)}, where_{where}, read_only_{read_only} {}

std::shared_ptr<inspect::client> browser::client() const {
    const std::scoped_lock lock{mutex_};
    return client_;
}

void browser::wake() noexcept {
    const std::scoped_lock lock{mutex_};
    wakes_ = true;
    if (client_ != nullptr) {
        client_->close();
    }
    woken_.notify_all();
}

void browser::pause() {
    std::unique_lock lock{mutex_};
    woken_.wait_for(lock, wait_for_program, [this] { return wakes_; });
}

std::string browser::next() {
    const auto now = std::chrono::steady_clock::now();
    const auto open = client();
    const bool was_open = open != nullptr && open->is_open();
    std::string part = open == nullptr ? connect() : notifications(*open);
    if (open != nullptr && !was_open && part.empty()) {
        // News from before the end are sent first.
        part = lose_connection("the program has ended");
    }
    if (part.empty() && now - last_sent_ >= keep_alive_interval) {
        part = ": still here\n\n";
    }
    if (!part.empty()) {
        last_sent_ = now;
    }
    return part;
}

std::string browser::connect() {
    try {
        auto made = where_.connect();
        const auto greeting = read_json(made->greeting());
        const nlohmann::json news{{"reached", true},
                                  {"stream", id_},
                                  {"read_only", read_only_},
                                  {"program", greeting.value_or(nlohmann::json::object())}};
        last_error_.clear();
        const std::scoped_lock lock{mutex_};
        if (wakes_) {
            // The server stops; a new connection would never be closed.
            return {};
        }
        client_ = std::move(made);
        return event("program", news.dump());
    } catch (const inspect::error& away) {
        if (last_error_ != away.what()) {
            return lose_connection(away.what());
        }
    }
    pause();
    return {};
}

std::string browser::lose_connection(const std::string& why) {
    {
        const std::scoped_lock lock{mutex_};
        client_.reset();
    }
    last_error_ = why;
    const nlohmann::json news{{"reached", false}, {"why", why}};
    return event("program", news.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string browser::notifications(inspect::client& from) {
    std::string part;
    auto news = from.next_notification(notification_wait);
    while (news) {
        part += event("notify", read_only_ ? without_tokens(std::move(*news)) : std::move(*news));
        news.reset();
        if (part.size() < part_bytes_max) {
            news = from.next_notification(0ms);
        }
    }
    if (from.notifications_lost() > 0) {
        // The page has missed notifications: reconnect and start anew.
        from.close();
    }
    return part;
}

std::shared_ptr<browser> browsers::add() {
    const std::scoped_lock lock{mutex_};
    if (all_.size() >= max_) {
        return nullptr;
    }
    return all_.emplace_back(std::make_shared<browser>(random_token(), where_, read_only_));
}

void browsers::remove(const browser& gone) {
    const std::scoped_lock lock{mutex_};
    std::erase_if(all_, [&](const auto& each) { return each.get() == &gone; });
}

std::shared_ptr<browser> browsers::find(const std::string& id) const {
    const std::scoped_lock lock{mutex_};
    const auto found = std::ranges::find(all_, id, [](const auto& each) { return each->id(); });
    return found == all_.end() ? nullptr : *found;
}

std::size_t browsers::count() const {
    const std::scoped_lock lock{mutex_};
    return all_.size();
}

void browsers::wake() {
    const std::scoped_lock lock{mutex_};
    for (const auto& each : all_) {
        each->wake();
    }
}

}  // namespace coppice::dashboard
