// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "coppice/inspect_client.hpp"
#include "inspect_client/stream.hpp"

namespace coppice::inspect {
namespace {

using nlohmann::json;

constexpr std::size_t request_bytes_max = std::size_t{1024} * 1024;
/// The limit of all queued notifications together. The newest stays even if larger.
constexpr std::size_t notification_bytes_max = std::size_t{32} * 1024 * 1024;
/// A tree has at most 64 levels of two brackets each. The limit bounds the recursion of `json::dump`.
constexpr int nesting_max = 1000;
constexpr std::chrono::seconds greeting_limit{5};

/// A wait is at most a year, so that no deadline overflows.
stream::clock::time_point deadline_after(time_span time) {
    constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 365};
    return stream::clock::now() + std::clamp(time.value(), std::chrono::nanoseconds{0}, longest);
}

std::string listed(const std::vector<program>& all) {
    std::string out;
    for (const program& each : all) {
        out += (out.empty() ? "" : ", ") + each.name;
    }
    return out;
}

std::string no_program(const std::string& name, const std::vector<program>& running) {
    return "no program named " + name + " can be reached: " +
           (running.empty() ? "none is running" : "running are " + listed(running)) +
           "; is its endpoint on? (--inspect)";
}

/// The socket of the program `name`, or else of the only program NAME.PID: such a program started beside a
/// match that has ended since.
std::string socket_of(const std::string& name) {
    const std::vector<program> running = programs();
    const auto exact = std::ranges::find(running, name, &program::name);
    if (exact != running.end()) {
        return exact->socket;
    }
    const auto has_same_name = [&](const program& each) {
        // NAME.PID
        return each.name.starts_with(name + ".") && each.name.size() > name.size() + 1 &&
               each.name.find_first_not_of("0123456789", name.size() + 1) == std::string::npos;
    };
    const auto match = std::ranges::find_if(running, has_same_name);
    if (match == running.end() || std::ranges::count_if(running, has_same_name) > 1) {
        throw error{0, no_program(name, running)};
    }
    return match->socket;
}

bool is_too_deep(std::string_view line) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (in_string) {
            i += c == '\\' ? 1U : 0U;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if ((c == '[' || c == '{') && ++depth > nesting_max) {
            return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

std::string text_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Parses under the same depth limit as incoming lines.
json parsed(std::string_view line) {
    return is_too_deep(line) ? json(json::value_t::discarded) : json::parse(line, nullptr, false);
}

int code_of(const json& failure) {
    const auto code = failure.find("code");
    return code != failure.end() && code->is_number_integer() ? code->get<int>() : 4;
}

std::string message_of(const json& failure) {
    const auto message = failure.find("message");
    return message != failure.end() && message->is_string() ? message->get<std::string>()
                                                            : text_of(failure);
}

}  // namespace

/// Requests wait here for the replies that the reader thread receives.
class client::connection {
  public:
    explicit connection(int descriptor, std::string peer)
        : stream_{descriptor}, peer_{std::move(peer)}, reader_{[this] { read(); }} {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() {
        stream_.close();
        reader_.join();
    }

    std::string request(std::string_view method, const json& parameters, time_span within);
    std::optional<std::string> next_notification(time_span wait);
    std::uint64_t notifications_lost() const noexcept { return lost_.load(); }
    bool is_open() const noexcept { return open_.load(); }
    /// The reader thread notices the close and wakes all waiters.
    void close() noexcept { stream_.close(); }

    std::string greeting;

  private:
    struct reply {
        bool is_here = false;
        json message;
    };

    void read();
    void take(json message);
    error connection_lost() const { return {0, "the connection to " + peer_ + " is lost"}; }

    stream stream_;
    std::string peer_;
    std::mutex lock_;
    std::condition_variable changed_;
    // Pending requests by number. Guarded by lock_.
    std::map<std::int64_t, reply> waiting_;
    std::deque<std::string> notifications_;  // Guarded by lock_.
    // The size of all queued notifications. Guarded by lock_.
    std::size_t notification_bytes_ = 0;
    std::int64_t last_number_ = 0;  // Guarded by lock_.
    std::atomic<std::uint64_t> lost_ = 0;
    std::atomic<bool> open_ = true;  // Cleared under lock_.
    // Last: the thread uses all members above.
    std::thread reader_;
};

void client::connection::take(json message) {
    const std::lock_guard held{lock_};
    const auto number = message.find("id");
    if (number != message.end() && number->is_number_integer()) {
        const auto request = waiting_.find(number->get<std::int64_t>());
        if (request != waiting_.end()) {
            request->second = {true, std::move(message)};
        }
    } else if (message.value("method", json{}) == "notify") {
        notifications_.push_back(text_of(message["params"]));
        notification_bytes_ += notifications_.back().size();
        while (notifications_.size() > notifications_max ||
               (notification_bytes_ > notification_bytes_max && notifications_.size() > 1)) {
            notification_bytes_ -= notifications_.front().size();
            notifications_.pop_front();
            ++lost_;
        }
    }
    changed_.notify_all();
}

/// Ends with the stream, or at the first malformed message: later bytes cannot be trusted.
void client::connection::read() {
    try {
        while (auto line = stream_.read_line(message_bytes_max)) {
            json message = parsed(*line);
            if (!message.is_object()) {
                break;
            }
            take(std::move(message));
        }
    } catch (const std::exception&) {
        // Out of memory: the connection is lost, not the program.
    }
    stream_.close();
    const std::lock_guard held{lock_};
    open_ = false;
    changed_.notify_all();
}

std::string client::connection::request(std::string_view method, const json& parameters,
                                        time_span within) {
    const auto deadline = deadline_after(within);
    std::unique_lock held{lock_};
    const std::int64_t number = ++last_number_;
    const std::string line =
        text_of({{"jsonrpc", "2.0"}, {"id", number}, {"method", method}, {"params", parameters}}) +
        "\n";
    if (line.size() > request_bytes_max) {
        throw error{-32600, "a request may have 1 MiB; " + std::string{method} + " would have " +
                                std::to_string(line.size()) + " bytes"};
    }
    const auto mine = waiting_.emplace(number, reply{}).first;
    held.unlock();
    const bool written = stream_.write(line, deadline);
    held.lock();
    changed_.wait_until(held, deadline, [&] { return mine->second.is_here || !open_ || !written; });
    const reply answer = std::move(mine->second);
    waiting_.erase(mine);
    if (!answer.is_here) {
        if (!written || !open_) {
            throw connection_lost();
        }
        throw error{2, peer_ + " did not answer " + std::string{method} + " within " +
                           std::to_string(within.count() / 1'000'000) + " ms"};
    }
    if (const auto failure = answer.message.find("error"); failure != answer.message.end()) {
        throw error{code_of(*failure), message_of(*failure)};
    }
    return text_of(answer.message.value("result", json{}));
}

std::optional<std::string> client::connection::next_notification(time_span wait) {
    std::unique_lock held{lock_};
    changed_.wait_until(held, deadline_after(wait),
                        [&] { return !notifications_.empty() || !open_; });
    if (notifications_.empty()) {
        return std::nullopt;
    }
    std::string oldest = std::move(notifications_.front());
    notifications_.pop_front();
    notification_bytes_ -= oldest.size();
    return oldest;
}

client client::connect(const std::string& name_or_socket, std::string_view client_name) {
    const bool is_path = name_or_socket.find('/') != std::string::npos;
    const std::string socket = is_path ? name_or_socket : socket_of(name_or_socket);
    const attempt made = connect_to(socket);
    if (made.descriptor < 0) {
        throw error{0, socket +
                           " cannot be reached: " + std::generic_category().message(made.error) +
                           "; does its program still run?"};
    }
    auto connected = std::make_unique<connection>(made.descriptor, name_or_socket);
    connected->greeting =
        connected->request("hello", {{"client", std::string{client_name}}}, greeting_limit);
    const json told = parsed(connected->greeting);
    const json version = told.is_object() ? told.value("protocol", json{}) : json{};
    if (version != protocol_version) {
        throw error{0, name_or_socket + " speaks version " + text_of(version) +
                           " of the protocol, and this client version " +
                           std::to_string(protocol_version) +
                           "; use the coppice that the program was built with"};
    }
    return client{std::move(connected)};
}

client::client(std::unique_ptr<connection> made) noexcept : connection_{std::move(made)} {}
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

const std::string& client::greeting() const noexcept {
    return connection_->greeting;
}

std::string client::request(std::string_view method, std::string_view params_json,
                            time_span within) {
    const json parameters = parsed(params_json);
    if (!parameters.is_object()) {
        throw error{-32602, "the parameters of " + std::string{method} + " are no JSON object"};
    }
    return connection_->request(method, parameters, within);
}

std::optional<std::string> client::next_notification(time_span wait) {
    return connection_->next_notification(wait);
}

std::uint64_t client::notifications_lost() const noexcept {
    return connection_->notifications_lost();
}

bool client::is_open() const noexcept {
    return connection_->is_open();
}

void client::close() noexcept {
    connection_->close();
}

}  // namespace coppice::inspect
