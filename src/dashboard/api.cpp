// SPDX-License-Identifier: Apache-2.0

#include "dashboard/api.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "dashboard/read_json.hpp"
#include "dashboard/secret.hpp"

namespace coppice::dashboard {
namespace {

using nlohmann::json;

// Codes of JSON-RPC and of the inspect protocol.
constexpr int no_json = -32700;
constexpr int no_request = -32600;
constexpr int no_such_parameter = -32602;
constexpr int refused = 3;

/// The limit for a call to a slow server.
constexpr std::chrono::seconds answer_time_max{30};

std::string print(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string failure(const json& id, int code, const std::string& message) {
    return print(
        {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}});
}

bool is_subscription(std::string_view method) {
    return method == "subscribe" || method == "unsubscribe";
}

}  // namespace

bool only_asks(std::string_view method) {
    static constexpr std::array<std::string_view, 15> asking{
        "applications", "tree",       "processes",      "info",   "whereis",
        "registered",   "state",      "messages",       "timers", "which_children",
        "stuck",        "statistics", "count_children", "events", "explain"};
    return is_subscription(method) || std::ranges::find(asking, method) != asking.end();
}

std::string api::answer(std::string_view request) {
    const auto read = read_json(request);
    if (!read) {
        return failure(nullptr, no_json, "the request is no JSON, or nested too deeply");
    }
    const json id = read->is_object() && read->contains("id") ? read->at("id") : json{};
    if (!read->is_object() || !read->contains("method") || !read->at("method").is_string()) {
        return failure(id, no_request, "a request is {\"method\":…,\"params\":{…}}");
    }
    const std::string method = read->at("method");
    if (read_only_ && !only_asks(method)) {
        return failure(id, refused, "the dashboard is read-only: start it without --read-only");
    }
    try {
        std::shared_ptr<inspect::client> client;
        if (is_subscription(method)) {
            const auto stream = read->find("stream");
            const auto watcher =
                stream != read->end() && stream->is_string() ? watching_.find(*stream) : nullptr;
            client = watcher == nullptr ? nullptr : watcher->client();
            if (client == nullptr) {
                return failure(id, no_such_parameter,
                               "\"stream\" has to be the id in the first event of an open /events");
            }
        } else {
            client = where_.shared();
        }
        std::string result =
            client->request(method, print(read->value("params", json::object())), answer_time_max);
        if (read_only_) {
            result = without_tokens(std::move(result));
        }
        return R"({"jsonrpc":"2.0","id":)" + print(id) + R"(,"result":)" + result + "}";
    } catch (const inspect::error& wrong) {
        return failure(id, wrong.code(), wrong.what());
    }
}

}  // namespace coppice::dashboard
