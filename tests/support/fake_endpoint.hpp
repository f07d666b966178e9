// SPDX-License-Identifier: Apache-2.0
// An inspect endpoint without a runtime, for tests of its clients. Answers are scripted; the default answers
// describe the tree of a chat, in which the room can be killed.

#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coppice::test {

class fake_endpoint {
  public:
    using json = nlohmann::json;
    /// Takes the parameters of a request; returns its result or throws a `refusal`.
    using answer = std::function<json(const json& parameters)>;
    struct refusal {
        int code;
        std::string message;
    };

    /// Listens at the path, and makes the folder of the path.
    explicit fake_endpoint(std::string socket, std::string program = "chat")
        : socket_{std::move(socket)} {
        std::filesystem::create_directories(std::filesystem::path{socket_}.parent_path());
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socket_.copy(address.sun_path, sizeof address.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ::bind(listener_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address);
        ::listen(listener_, 16);
        answer_like_a_chat(program);
        thread_ = std::thread{[this] { serve(); }};
    }
    fake_endpoint(const fake_endpoint&) = delete;
    fake_endpoint& operator=(const fake_endpoint&) = delete;
    ~fake_endpoint() {
        ::shutdown(listener_, SHUT_RDWR);  // Wakes the thread.
        thread_.join();
        ::close(listener_);
        std::filesystem::remove(socket_);
    }

    const std::string& socket() const { return socket_; }

    /// Sets the answer from now on.
    void answer_with(const std::string& method, answer given) {
        const std::lock_guard held{lock_};
        answers_[method] = std::move(given);
    }
    /// Leaves requests unanswered until the next `answer_with`.
    void leave_unanswered(const std::string& method) { answer_with(method, nullptr); }
    /// Notifies all subscribers of the topic.
    void notify(const std::string& topic, const json& data) {
        const std::lock_guard held{lock_};
        notify_held(topic, data);
    }
    /// Sends raw bytes to all clients.
    void say(const std::string& bytes) {
        const std::lock_guard held{lock_};
        for (const peer& each : peers_) {
            send_all(each.descriptor, bytes);
        }
    }
    /// Closes all connections, and accepts new ones.
    void hang_up() {
        const std::lock_guard held{lock_};
        for (const peer& each : peers_) {
            ::shutdown(each.descriptor, SHUT_RDWR);
        }
    }
    /// All requests, oldest first, each as "exit {…}".
    std::vector<std::string> asked() const {
        const std::lock_guard held{lock_};
        return asked_;
    }
    std::size_t subscribers(const std::string& topic) const {
        const std::lock_guard held{lock_};
        std::size_t found = 0;
        for (const peer& each : peers_) {
            for (const auto& [number, name] : each.topics) {
                found += name == topic ? 1U : 0U;
            }
        }
        return found;
    }

    /// The tree in the present life of the room, with all children.
    json tree() const {
        const std::lock_guard held{lock_};
        return tree_held();
    }

  private:
    struct peer {
        int descriptor;
        std::map<int, std::string> topics;
        std::string unread;
    };

    static void send_all(int descriptor, std::string_view bytes) {
        while (!bytes.empty()) {
            const ::ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    static void send_json(int descriptor, const json& message) {
        send_all(descriptor, message.dump() + "\n");
    }

    void serve() {
        while (true) {
            std::vector<::pollfd> all{{listener_, POLLIN, 0}};
            {
                const std::lock_guard held{lock_};
                for (const peer& each : peers_) {
                    all.push_back({each.descriptor, POLLIN, 0});
                }
            }
            ::poll(all.data(), all.size(), -1);
            if (all[0].revents != 0) {
                const int taken = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
                const std::lock_guard held{lock_};
                if (taken < 0) {
                    std::ranges::for_each(peers_, [](const peer& it) { ::close(it.descriptor); });
                    peers_.clear();
                    return;
                }
                peers_.push_back({taken, {}, {}});
            }
            const std::lock_guard held{lock_};
            for (std::size_t i = 1; i < all.size(); ++i) {
                if (all[i].revents != 0) {
                    read_from(all[i].fd);
                }
            }
        }
    }

    void read_from(int descriptor) {
        const auto from = std::ranges::find(peers_, descriptor, &peer::descriptor);
        char part[4096];
        const ::ssize_t got = ::recv(descriptor, part, sizeof part, 0);
        if (got <= 0) {
            ::close(descriptor);
            peers_.erase(from);
            return;
        }
        from->unread.append(part, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = from->unread.find('\n')) != std::string::npos;) {
            const json request = json::parse(from->unread.substr(0, end));
            from->unread.erase(0, end + 1);
            handle(*from, request);
        }
    }

    void handle(peer& from, const json& request) {
        const std::string method = request.at("method");
        const json parameters = request.value("params", json::object());
        asked_.push_back(method + " " + parameters.dump());
        json reply{{"jsonrpc", "2.0"}, {"id", request.at("id")}};
        try {
            const auto given = answers_.find(method);
            if (method == "subscribe") {
                from.topics[++last_subscription_] = parameters.at("topic");
                reply["result"] = {{"subscription", last_subscription_}};
            } else if (method == "unsubscribe") {
                from.topics.erase(parameters.at("subscription").get<int>());
                reply["result"] = {{"done", true}};
            } else if (given == answers_.end()) {
                throw refusal{-32601, "there is no method " + method};
            } else if (!given->second) {
                return;
            } else {
                reply["result"] = given->second(parameters);
            }
        } catch (const refusal& why) {
            reply["error"] = {{"code", why.code}, {"message", why.message}};
        }
        send_json(from.descriptor, reply);
        if (method == "subscribe" && parameters.at("topic") == "tree") {
            send_json(from.descriptor, notification(last_subscription_, "tree",
                                                    {{"nodes", json::array({tree_held()})}}));
        }
    }

    static json notification(int subscription, const std::string& topic, const json& data) {
        return {{"jsonrpc", "2.0"},
                {"method", "notify"},
                {"params", {{"subscription", subscription}, {"topic", topic}, {"data", data}}}};
    }
    void notify_held(const std::string& topic, const json& data) {
        for (const peer& each : peers_) {
            for (const auto& [number, name] : each.topics) {
                if (name == topic) {
                    send_json(each.descriptor, notification(number, topic, data));
                }
            }
        }
    }

    std::string room() const { return "<0.9." + std::to_string(room_life_) + ">"; }

    static json node(const std::string& id, const std::string& pid, const std::string& name,
                     const std::string& strategy, json children) {
        const bool supervises = !strategy.empty();
        json made{{"id", id},
                  {"pid", pid},
                  {"name", name},
                  {"kind", supervises ? "supervisor" : "worker"},
                  {"status", "running"},
                  {"strategy", nullptr},
                  {"restarts", 0},
                  {"window", nullptr},
                  {"last_exit", nullptr},
                  {"queue", 0},
                  {"busy", false},
                  {"stuck", false},
                  {"children_count", children.size()},
                  {"children", std::move(children)}};
        if (supervises) {
            made["strategy"] = strategy;
            made["window"] = {{"used", 0}, {"max", 3}, {"seconds", 5}};
        }
        return made;
    }
    json tree_held() const {
        json garden = node("room", room(), "room:garden", "", json::array());
        garden["restarts"] = room_life_ - 1;
        if (room_life_ > 1) {
            garden["last_exit"] = "killed";
        }
        json rooms = node("rooms", "<0.4.1>", "", "dynamic", json::array({garden}));
        rooms["window"]["used"] = room_life_ - 1;
        return node("chat", "<0.1.1>", "chat", "one_for_one",
                    json::array({node("logger", "<0.2.1>", "logger", "", json::array()), rooms,
                                 node("listener", "<0.6.1>", "", "", json::array())}));
    }

    json kill(const json& parameters) {
        const std::string who = parameters.at("who");
        if (who != "room:garden" && who != room()) {
            throw refusal{1, "noproc: there is no process " + who};
        }
        ++room_life_;
        notify_held("tree", {{"nodes", tree_held().at("children")}});
        return {{"done", true}};
    }

    void answer_like_a_chat(const std::string& program) {
        const auto always = [this](const std::string& method, const json& result) {
            answers_[method] = [result](const json&) { return result; };
        };
        always("hello", {{"protocol", 1},
                         {"program", program},
                         {"version", "1.2.3"},
                         {"os_pid", 4711},
                         {"started", 1'700'000'000'000},
                         {"read_only", false},
                         {"applications", {"chat"}}});
        always("applications", json::array({{{"name", "chat"},
                                             {"description", "a chat"},
                                             {"version", "1.2.3"},
                                             {"type", "permanent"},
                                             {"state", "running"},
                                             {"pid", "<0.3.1>"},
                                             {"top", "<0.1.1>"}}}));
        always("statistics",
               {{"processes", 5},
                {"messages", 120},
                {"spawns", 9},
                {"exits", 4},
                {"crashes", 1},
                {"restarts", 1},
                {"timers", 2},
                {"reports_lost", 0},
                {"stuck", 0},
                {"memory",
                 {{"processes", 20480},
                  {"messages", 4096},
                  {"total", 65536},
                  {"pools", json::array({{{"size", 64}, {"used", 3}, {"free", 5}}})}}},
                {"schedulers", json::array({{{"index", 0},
                                             {"spare", false},
                                             {"utilisation", 0.25},
                                             {"queue", 1},
                                             {"turns", 200},
                                             {"steals", 3}}})},
                {"uptime", 90'061'000}});
        answers_["tree"] = [this](const json&) -> json {
            return {{"roots", json::array({tree_held()})}};
        };
        answers_["exit"] = [this](const json& parameters) { return kill(parameters); };
        answers_["whereis"] = [this](const json& parameters) -> json {
            const bool known = parameters.at("name") == "room:garden";
            return {{"pid", known ? json(room()) : json(nullptr)}};
        };
        answers_["registered"] = [this](const json&) {
            return json::array({{{"name", "chat"}, {"pid", "<0.1.1>"}},
                                {{"name", "logger"}, {"pid", "<0.2.1>"}},
                                {{"name", "room:garden"}, {"pid", room()}}});
        };
        answers_["processes"] = [this](const json&) { return processes(); };
    }

    json processes() const {
        const auto item = [](const std::string& pid, const std::string& name,
                             const std::string& call, const std::string& kind, int queue) -> json {
            return {{"pid", pid},
                    {"name", name},
                    {"initial_call", call},
                    {"kind", kind},
                    {"status", "waiting"},
                    {"queue", queue},
                    {"reductions", 100 + queue},
                    {"memory", 4096},
                    {"age", 61'000}};
        };
        json items = json::array({item("<0.1.1>", "chat", "supervisor", "supervisor", 0),
                                  item("<0.2.1>", "logger", "chat::logger", "worker", 2),
                                  item("<0.4.1>", "", "dynamic_supervisor", "supervisor", 0),
                                  item("<0.6.1>", "", "chat::listener", "worker", 0),
                                  item(room(), "room:garden", "chat::room", "worker", 7)});
        return {{"total", 5}, {"matching", 5}, {"items", std::move(items)}};
    }

    std::string socket_;
    int listener_ = -1;
    mutable std::recursive_mutex lock_;      // Recursive: an answer may notify.
    std::map<std::string, answer> answers_;  // Guarded by lock_.
    std::vector<peer> peers_;                // Guarded by lock_.
    std::vector<std::string> asked_;         // Guarded by lock_.
    int last_subscription_ = 0;              // Guarded by lock_.
    int room_life_ = 1;                      // Guarded by lock_.
    std::thread thread_;
};

}  // namespace coppice::test
