// SPDX-License-Identifier: Apache-2.0
// A runtime with a small tree and an endpoint; the clients are plain sockets of the operating
// system. Each wait has a deadline.

#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/inspect.hpp"
#include "coppice/testing/sim_world.hpp"
#include "support/eventually.hpp"
#include "support/program_files.hpp"

namespace coppice::test {

using json = nlohmann::ordered_json;
using namespace std::chrono_literals;

/// The client's end of a connection to an endpoint.
class inspector {
  public:
    explicit inspector(const std::string& path) : file_{::socket(AF_UNIX, SOCK_STREAM, 0)} {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        path.copy(to.sun_path, sizeof to.sun_path - 1);
        is_connected_ = ::connect(file_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    inspector(inspector&& other) noexcept
        : file_{std::exchange(other.file_, -1)},
          is_connected_{other.is_connected_},
          rest_{std::move(other.rest_)} {}
    inspector& operator=(inspector&&) = delete;
    ~inspector() { leave(); }

    bool is_connected() const noexcept { return is_connected_; }
    void leave() {
        if (file_ >= 0) {
            ::close(std::exchange(file_, -1));
        }
    }

    void say(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;  // the next line shows the error
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// The next line; "<end>" after the end of the connection, "<silence>" at the deadline.
    std::string hear(std::chrono::milliseconds limit = patience) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        for (;;) {
            if (const auto end = rest_.find('\n'); end != std::string::npos) {
                std::string line = rest_.substr(0, end);
                rest_.erase(0, end + 1);
                return line;
            }
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            pollfd waiting{file_, POLLIN, 0};
            if (left <= 0ms || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
                return "<silence>";
            }
            char bytes[65536];
            const ssize_t got = ::recv(file_, bytes, sizeof bytes, 0);
            if (got <= 0) {
                return "<end>";
            }
            rest_.append(bytes, static_cast<std::size_t>(got));
        }
    }

    /// The whole answer to one request. Keeps earlier notifications.
    json ask(const std::string& method, const json& params = json::object()) {
        const int id = ++last_id_;
        say(json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() +
            "\n");
        for (;;) {
            const std::string line = hear();
            json message = json::parse(line, nullptr, false);
            if (message.is_discarded()) {
                ADD_FAILURE() << method << ": instead of an answer: " << line;
                return json::object();
            }
            if (message.value("id", json{}) == id) {
                return message;
            }
            notified_.push_back(std::move(message));
        }
    }
    json result(const std::string& method, const json& params = json::object()) {
        json answer = ask(method, params);
        EXPECT_TRUE(answer.contains("result")) << method << " " << params << ": " << answer;
        return answer.value("result", json{});
    }
    /// The code of the error; 0 if there was none.
    int code(const std::string& method, const json& params = json::object()) {
        const json answer = ask(method, params);
        return answer.contains("error") ? answer["error"]["code"].get<int>() : 0;
    }
    std::string error(const std::string& method, const json& params = json::object()) {
        const json answer = ask(method, params);
        return answer.contains("error") ? answer["error"]["message"].get<std::string>() : "";
    }
    /// The `params` of the next notification; null at the deadline.
    json notification(std::chrono::milliseconds limit = patience) {
        if (!notified_.empty()) {
            json first = std::move(notified_.front());
            notified_.erase(notified_.begin());
            return first["params"];
        }
        const std::string line = hear(limit);
        const json message = json::parse(line, nullptr, false);
        return message.is_object() && message.contains("params") ? message["params"] : json{};
    }

    /// The number of kept notifications.
    std::size_t notifications_before_the_answer() const { return notified_.size(); }

  private:
    int file_;
    bool is_connected_ = false;
    std::string rest_;
    int last_id_ = 0;
    std::vector<json> notified_;
};

/// A server with a state to be asked for.
struct till {
    struct add {
        int amount = 0;
    };
    struct total {};
    struct hold {
        std::shared_ptr<const std::atomic<bool>> let_go;
    };
    using console_messages = messages<add, total>;

    void handle_cast(add m) { sum += m.amount; }
    int handle_call(total) const { return sum; }
    /// Keeps its thread until released.
    void handle_cast(const hold& m) {
        while (!*m.let_go) {
        }
    }
    int sum = 0;
};

}  // namespace coppice::test

namespace coppice {
template <>
struct message_trait<test::till::hold> {
    static constexpr bool is_message = true;  // a test releases all tills at once
};
}  // namespace coppice

namespace coppice::test {

/// `shop` (rest_for_one) with a worker `till`, a worker `clerk` and a dynamic supervisor `carts`.
inline task<> open_shop(inspect::options chosen) {
    console_child("carts", [](int sum) { return child<till>(sum); });
    auto starting = supervisor::start_link(
        children(child<till>().id("till").name("till"), child<till>().id("clerk"),
                 child<dynamic_supervisor>({.max_restarts = 100, .name = "carts"})),
        {.strategy = rest_for_one, .max_restarts = 100, .name = "shop"});
    const auto started = co_await starting;
    EXPECT_TRUE(started.ok()) << to_string(started.error());
    auto opening = supervisor::start_link(children(inspect::child(std::move(chosen))),
                                          {.max_restarts = 100, .name = "lookout"});
    const auto opened = co_await opening;
    EXPECT_TRUE(opened.ok()) << to_string(opened.error());
    for (;;) {
        co_await sleep(1h);
    }
}

class inspected_world {
  public:
    explicit inspected_world(unsigned workers = 2, bool read_only = false)
        : world{options(workers)} {
        chosen.name = "shop";
        chosen.version = "1.2.3";
        chosen.folder = folder_.path();
        chosen.read_only = read_only;
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
        world.start();
        world.spawn([this] { return open_shop(chosen); });
        EXPECT_TRUE(eventually([this] { return connect().is_connected(); }));
    }
    ~inspected_world() {
        let_go->store(true);
        EXPECT_TRUE(static_cast<bool>(world.stop()));
        EXPECT_FALSE(std::filesystem::exists(path()));
    }

    std::string path() const { return folder_.path() + "/shop.sock"; }
    const std::string& folder() const { return folder_.path(); }
    inspector connect() const { return inspector{path()}; }
    std::string pid_of(std::string_view name) { return to_string(world.whereis(name)); }

    /// The till's handler does not return until released, at the latest by the end of the world.
    void hold_till() { world.cast(server<till>{"till"}, till::hold{let_go}); }
    std::vector<std::string> reports() {
        world.flush_reports();
        const std::scoped_lock lock{mutex_};
        return told_;
    }

    const std::shared_ptr<std::atomic<bool>> let_go = std::make_shared<std::atomic<bool>>(false);
    inspect::options chosen;

  private:
    runtime_options options(unsigned workers) {
        runtime_options out;
        out.workers = workers;
        out.level = report_level::notice;
        out.on_report = [this](const report& r) {
            const std::scoped_lock lock{mutex_};
            told_.push_back(to_string(r));
        };
        return out;
    }

    scratch_folder folder_;
    std::mutex mutex_;
    std::vector<std::string> told_;

  public:
    runtime world;  ///< Last: stops first.
};

class on_all_workers : public ::testing::TestWithParam<unsigned> {
  protected:
    inspected_world on_{GetParam()};
    inspector client_{on_.connect()};
};

}  // namespace coppice::test
