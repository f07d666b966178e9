// SPDX-License-Identifier: Apache-2.0

#include "dashboard/service.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "dashboard/assets.hpp"
#include "dashboard/exposition.hpp"
#include "dashboard/metrics.hpp"
#include "dashboard/read_json.hpp"
#include "dashboard/secret.hpp"

namespace coppice::dashboard {
namespace {

using nlohmann::json;

/// Besides the streams of the browsers.
constexpr std::size_t request_threads = 8;
/// Bounds the children per supervisor in /metrics.
constexpr const char* tree_for_metrics = R"({"limit":200})";
constexpr const char* longest_queue = R"({"sort":"queue","descending":true,"limit":1})";

bool is_token(std::string_view text) {
    return text.size() >= 16 && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_';
           });
}

/// A browser sends a cookie to all ports of a host, so dashboards side by side need different names. There
/// are only 64 names, since a browser sends all cookies with every request.
std::string cookie_name(std::uint16_t port) {
    return "coppice_dashboard_" + std::to_string(port % 64);
}

/// No content from other origins, no framing of this page by others, and no guessing of media types.
void add_safety_headers(httplib::Response& answer) {
    answer.set_header("Content-Security-Policy",
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                      "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                      "frame-ancestors 'none'");
    answer.set_header("X-Content-Type-Options", "nosniff");
    answer.set_header("X-Frame-Options", "DENY");
    answer.set_header("Referrer-Policy", "no-referrer");
    answer.set_header("Cross-Origin-Opener-Policy", "same-origin");
    answer.set_header("Cross-Origin-Resource-Policy", "same-origin");
    answer.set_header("Cache-Control", "no-store");
}

void say(httplib::Response& answer, int status, std::string_view sentence) {
    answer.status = status;
    answer.set_content(std::string{sentence} + "\n", "text/plain; charset=utf-8");
}

request_facts facts_of(const httplib::Request& asked) {
    return {.method = asked.method,
            .path = asked.path,
            .token = asked.get_param_value("token"),
            .host = asked.get_header_value("Host"),
            .origin = asked.get_header_value("Origin"),
            .fetch_site = asked.get_header_value("Sec-Fetch-Site"),
            .cookie = asked.get_header_value("Cookie"),
            .authorization = asked.get_header_value("Authorization"),
            .content_type = asked.get_header_value("Content-Type")};
}

json ask(endpoint& where, std::string_view method, std::string_view parameters = "{}") {
    return read_json(where.shared()->request(method, parameters)).value_or(json{});
}

bool runs(const json& application) {
    return application.is_object() && application.value("state", "") == "running";
}

}  // namespace

options completed(options given) {
    if (given.token.empty()) {
        given.token = random_token();
    }
    if (!is_token(given.token)) {
        throw std::invalid_argument{
            "dashboard: a token has 16 to 256 letters, digits, - and _; leave it empty for a "
            "random one"};
    }
    if (given.browsers_max == 0 || given.browsers_max > 1000) {
        throw std::invalid_argument{"dashboard: browsers_max is 1 to 1000"};
    }
    return given;
}

server::service::service(options given, const connection_limits& limits)
    : given_{completed(std::move(given))},
      endpoint_{given_.program},
      browsers_{given_.browsers_max, endpoint_, given_.read_only},
      api_{endpoint_, browsers_, given_.read_only},
      http_{limits} {
    http_.bind(given_.address, given_.port);
    set_routes();
    http_.start(given_.browsers_max + request_threads);
}

void server::service::stop() noexcept {
    browsers_.wake();
    endpoint_.close();
    http_.stop_and_join();
}

std::string server::service::link() const {
    const bool is_ipv6 = given_.address.find(':') != std::string::npos;
    const bool is_any = given_.address == "0.0.0.0" || given_.address == "::";
    const std::string host = is_any    ? "127.0.0.1"
                             : is_ipv6 ? "[" + given_.address + "]"
                                       : given_.address;
    return "http://" + host + ":" + std::to_string(port()) + "/?token=" + given_.token;
}

void server::service::set_routes() {
    rules_ = {.token = given_.token,
              .cookie = cookie_name(port()),
              .hosts = given_.hosts,
              .open_metrics = given_.open_metrics};
    rules_.hosts.push_back(given_.address);
    http_.set_pre_routing_handler(
        [this](const request& asked, response& answer) { return guard(asked, answer); });
    http_.Get("/healthz", [](const request&, response& answer) { say(answer, 200, "ok"); });
    http_.Get("/readyz", [this](const request&, response& answer) { send_readiness(answer); });
    http_.Get("/metrics", [this](const request&, response& answer) { send_metrics(answer); });
    http_.Get("/events", [this](const request&, response& answer) { send_events(answer); });
    http_.Post("/api", [this](const request& asked, response& answer) {
        answer.set_content(api_.answer(asked.body), "application/json");
    });
}

httplib::Server::HandlerResponse server::service::guard(const request& asked, response& answer) {
    using enum httplib::Server::HandlerResponse;
    add_safety_headers(answer);
    const decision made = check_access(rules_, facts_of(asked));
    if (made.status == 303) {
        sign_in(answer);
        return Handled;
    }
    if (made.status != 200) {
        say(answer, made.status, made.why);
        if (made.status == 401 && asked.path == "/" && asked.params.empty() &&
            asked.get_header_value("Sec-Fetch-Site") == "cross-site") {
            // A browser withholds a strict cookie when a link of another site leads here. After a refresh
            // from this page the browser sends the cookie.
            answer.set_header("Refresh", "0; url=/");
        }
        return Handled;
    }
    if (asked.path == "/" || asked.path.starts_with("/assets/")) {
        send_page(asked, answer);
        return Handled;
    }
    return Unhandled;
}

void server::service::sign_in(response& answer) const {
    answer.status = 303;
    answer.set_header("Set-Cookie",
                      rules_.cookie + "=" + given_.token + "; HttpOnly; SameSite=Strict; Path=/");
    answer.set_header("Location", "/");
}

void server::service::send_page(const request& asked, response& answer) const {
    const std::string_view path = asked.path;
    const asset* const file =
        path == "/" ? find_asset("index.html") : find_asset(path.substr(path.find('/', 1) + 1));
    if (file == nullptr) {
        say(answer, 404, "the dashboard has no such file");
        return;
    }
    answer.set_content(file->bytes.data(), file->bytes.size(),
                       std::string{media_type_of(file->name)});
}

void server::service::send_events(response& answer) {
    const auto watching = browsers_.add();
    if (watching == nullptr) {
        say(answer, 503,
            "too many browsers are connected; close a browser, or start with a larger "
            "browsers_max");
        return;
    }
    answer.set_content_provider(
        "text/event-stream",
        [this, watching](std::size_t, httplib::DataSink& to) {
            const std::string part = watching->next();
            if (http_.is_stopping()) {
                to.done();
                return false;
            }
            return part.empty() || to.write(part.data(), part.size());
        },
        [this, watching](bool) { browsers_.remove(*watching); });
}

void server::service::send_metrics(response& answer) {
    measured program{.browsers = browsers_.count()};
    // A missing result is left out: a failed scrape would tell less.
    const auto tell = [&](json& to, std::string_view method, std::string_view parameters) {
        try {
            to = ask(endpoint_, method, parameters);
            program.is_up = true;
        } catch (const inspect::error& wrong) {
            program.is_up = program.is_up || wrong.code() != 0;
        }
    };
    tell(program.statistics, "statistics", "{}");
    tell(program.tree, "tree", tree_for_metrics);
    tell(program.longest_queue, "processes", longest_queue);
    answer.set_content(metrics_text(program), exposition_media_type);
}

void server::service::send_readiness(response& answer) {
    try {
        const json applications = ask(endpoint_, "applications");
        const bool all_run = applications.is_array() && std::ranges::all_of(applications, runs);
        say(answer, all_run ? 200 : 503, all_run ? "ready" : "an application does not run");
    } catch (const inspect::error& wrong) {
        say(answer, 503, wrong.what());
    }
}

}  // namespace coppice::dashboard
