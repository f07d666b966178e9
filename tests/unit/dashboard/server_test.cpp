// SPDX-License-Identifier: Apache-2.0
// Tests of the dashboard's server: the answers to a browser, a script and Prometheus.
//
// Goal    Every request without the token, from another origin, or outside of the list of files is refused.
//         The program's answers and notifications come through unchanged. The end and the return of a
//         program are reported.
// Method  HTTP by hand, with an endpoint of canned answers in the program's place.

#include "coppice/dashboard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "dashboard/assets.hpp"
#include "support/eventually.hpp"
#include "support/fake_endpoint.hpp"
#include "support/http.hpp"
#include "support/program_files.hpp"

namespace coppice::dashboard {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::http_answer;
using test::http_ask;
using test::http_connection;

class dashboard_server_test : public ::testing::Test {
  protected:
    options given() const { return {.program = endpoint_->socket()}; }

    static std::string host() { return "Host: 127.0.0.1\r\n"; }
    static std::string bearer(const server& of) {
        return host() + "Authorization: Bearer " + of.token() + "\r\n";
    }
    static http_answer get(const server& from, const std::string& path) {
        return http_ask(from.port(), "GET " + path, bearer(from));
    }
    static json post(const server& to, const json& request) {
        const auto answer =
            http_ask(to.port(), "POST /api", bearer(to) + "Content-Type: application/json\r\n",
                     request.is_string() ? request.get<std::string>() : request.dump());
        EXPECT_EQ(answer.status, 200) << answer.body;
        return json::parse(answer.body);
    }
    /// The data of the first event with the name.
    static json event(const std::string& stream, const std::string& name) {
        const std::size_t at = stream.find("event: " + name + "\ndata: ");
        EXPECT_NE(at, std::string::npos) << stream;
        const std::size_t from = stream.find("data: ", at) + 6;
        return json::parse(stream.substr(from, stream.find('\n', from) - from));
    }

    test::scratch_folder home_;
    std::unique_ptr<test::fake_endpoint> endpoint_ =
        std::make_unique<test::fake_endpoint>(home_.path() + "/chat.sock");
};

TEST_F(dashboard_server_test,
       turns_the_links_token_into_a_cookie_that_no_script_and_no_other_page_has) {
    const server made{given()};
    const std::string link = made.link();
    EXPECT_EQ(link, "http://127.0.0.1:" + std::to_string(made.port()) + "/?token=" + made.token());

    const auto answer = http_ask(made.port(), "GET /?token=" + made.token(), host());

    EXPECT_EQ(answer.status, 303);
    EXPECT_TRUE(answer.has("Location: /\r\n"));
    const std::string cookie =
        "coppice_dashboard_" + std::to_string(made.port() % 64) + "=" + made.token();
    EXPECT_TRUE(answer.has("Set-Cookie: " + cookie + "; HttpOnly; SameSite=Strict; Path=/"));
    const auto page = http_ask(made.port(), "GET /", host() + "Cookie: " + cookie + "\r\n");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.body, find_asset("index.html")->bytes);
}

TEST_F(dashboard_server_test, shows_nothing_without_the_token_or_with_a_wrong_one) {
    const server made{given()};
    for (const char* path :
         {"/", "/assets/app.js", "/events", "/metrics", "/healthz", "/readyz", "/nothing"}) {
        EXPECT_EQ(http_ask(made.port(), std::string{"GET "} + path, host()).status, 401) << path;
    }
    EXPECT_EQ(http_ask(made.port(), "GET /?token=0123456789abcdef0123456789abcdef", host()).status,
              401);
    EXPECT_EQ(http_ask(made.port(), "POST /api", host() + "Content-Type: application/json\r\n",
                       R"({"method":"exit","params":{"who":"room:garden","reason":"kill"}})")
                  .status,
              401);
    for (const std::string& asked : endpoint_->asked()) {
        EXPECT_FALSE(asked.starts_with("exit")) << asked;
    }
}

TEST_F(dashboard_server_test, refuses_foreign_hosts_and_origins_despite_a_valid_token) {
    const server made{given()};
    const std::string token = "Authorization: Bearer " + made.token() + "\r\n";
    EXPECT_EQ(http_ask(made.port(), "GET /", "Host: rebound.example\r\n" + token).status, 421);
    EXPECT_EQ(http_ask(made.port(), "GET /", token).status, 421);
    EXPECT_EQ(http_ask(made.port(), "GET /events", bearer(made) + "Origin: http://evil.example\r\n")
                  .status,
              403);
    EXPECT_EQ(http_ask(made.port(), "GET /events", bearer(made) + "Sec-Fetch-Site: cross-site\r\n")
                  .status,
              403);
}

TEST_F(dashboard_server_test, tells_browsers_to_run_nothing_but_its_own_script) {
    const server made{given()};
    for (const char* path : {"/", "/assets/app.js", "/metrics", "/nothing"}) {
        const auto answer = get(made, path);
        EXPECT_TRUE(answer.has("default-src 'none'; script-src 'self'; style-src 'self'")) << path;
        EXPECT_TRUE(answer.has("frame-ancestors 'none'")) << path;
        EXPECT_FALSE(answer.has("unsafe")) << path;
        EXPECT_TRUE(answer.has("X-Content-Type-Options: nosniff")) << path;
        EXPECT_TRUE(answer.has("Referrer-Policy: no-referrer")) << path;
    }
    EXPECT_TRUE(http_ask(made.port(), "GET /", host()).has("Content-Security-Policy: "));
}

TEST_F(dashboard_server_test, serves_its_files_whole_and_no_others) {
    const server made{given()};
    for (const asset& each : assets()) {
        const auto answer = get(made, "/assets/" + std::string{each.name});
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, each.bytes) << each.name;
    }
    for (const char* path :
         {"/assets/../../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/assets/",
          "/assets//app.js", "/assets/%2e%2e/app.js", "/assets/app.js%00", "//etc/passwd",
          "/index.html", "/assets/nothing"}) {
        const auto answer = get(made, path);
        EXPECT_TRUE(answer.status == 404 || answer.status == 400) << path << " " << answer.status;
        EXPECT_EQ(answer.body.find("root:"), std::string::npos);
    }
}

TEST_F(dashboard_server_test, has_a_page_with_its_licences_and_within_its_size) {
    std::size_t size = 0;
    for (const asset& each : assets()) {
        size += each.bytes.size();
    }
    EXPECT_LT(size, 250'000U);
    for (const char* name : {"index.html", "app.js", "app.css", "LICENSES.txt"}) {
        ASSERT_NE(find_asset(name), nullptr) << name;
    }
    const std::string_view page = find_asset("index.html")->bytes;
    EXPECT_EQ(page.find("http://"), std::string_view::npos);
    EXPECT_EQ(page.find("https://"), std::string_view::npos);
    for (const char* part : {"preact", "d3-hierarchy", "uplot"}) {
        EXPECT_NE(find_asset("LICENSES.txt")->bytes.find(part), std::string_view::npos) << part;
    }
}

TEST_F(dashboard_server_test, forwards_requests_and_their_errors) {
    const server made{given()};
    const json answer = post(made, {{"jsonrpc", "2.0"},
                                    {"id", 7},
                                    {"method", "whereis"},
                                    {"params", {{"name", "room:garden"}}}});
    EXPECT_EQ(answer, json::parse(R"({"jsonrpc":"2.0","id":7,"result":{"pid":"<0.9.1>"}})"));

    const json refused =
        post(made, {{"id", "x"}, {"method", "exit"}, {"params", {{"who", "nobody"}}}});
    EXPECT_EQ(refused["error"]["code"], 1);
    EXPECT_EQ(refused["id"], "x");
}

TEST_F(dashboard_server_test, carries_markup_unchanged) {
    const std::string name = "<img src=x onerror=\"alert(1)\">&'\r\n\ndata: x";
    endpoint_->answer_with("state", [&](const json&) -> json { return {{"state", name}}; });
    const server made{given()};
    EXPECT_EQ(post(made, {{"method", "state"}})["result"]["state"], name);

    http_connection watching{made.port()};
    watching.send("GET /events HTTP/1.1\r\n" + bearer(made) + "\r\n");
    const std::string stream = event(watching.read_until("}\n\n"), "program")["stream"];
    post(made, {{"method", "subscribe"}, {"params", {{"topic", "reports"}}}, {"stream", stream}});
    endpoint_->notify("reports", {{"text", name}});
    EXPECT_EQ(event(watching.read_until("onerror"), "notify")["data"]["text"], name);
}

TEST_F(dashboard_server_test, answers_malformed_requests_with_errors) {
    const server made{given()};
    EXPECT_EQ(post(made, json("no json"))["error"]["code"], -32700);
    EXPECT_EQ(post(made, json(std::string(100'000, '[')))["error"]["code"], -32700);
    EXPECT_EQ(post(made, json("[]"))["error"]["code"], -32600);
    EXPECT_EQ(post(made, json(R"({"method":3})"))["error"]["code"], -32600);
    EXPECT_EQ(post(made, {{"method", "whereis"}, {"params", 3}})["error"]["code"], -32602);
    EXPECT_EQ(post(made, {{"method", "subscribe"}, {"stream", "no such"}})["error"]["code"],
              -32602);
    EXPECT_EQ(post(made, {{"method", "subscribe"}, {"stream", 3}})["error"]["code"], -32602);
}

TEST_F(dashboard_server_test, refuses_all_control_methods_in_read_only_mode) {
    options read_only = given();
    read_only.read_only = true;
    const server made{read_only};
    for (const char* method :
         {"exit", "suspend", "resume", "report_level", "start_child", "restart_child",
          "terminate_child", "delete_child", "call", "cast", "send", "stop", "whatever comes"}) {
        EXPECT_EQ(post(made, {{"method", method}})["error"]["code"], 3) << method;
    }
    EXPECT_TRUE(post(made, {{"method", "tree"}}).contains("result"));
}

TEST_F(dashboard_server_test, removes_tokens_from_answers_in_read_only_mode_alone) {
    const std::string state = "old http://h/?token=aaaa-1 new http://h/?token=bbbb_2";
    endpoint_->answer_with("info", [&](const json&) { return json{{"state", state}}; });
    for (const bool reads_only : {true, false}) {
        options chosen = given();
        chosen.read_only = reads_only;
        const server made{chosen};
        EXPECT_EQ(post(made, {{"method", "info"}})["result"]["state"],
                  reads_only ? "old http://h/?token= new http://h/?token=" : state);
    }
}

TEST_F(dashboard_server_test, counts_a_program_as_up_although_all_metric_requests_fail) {
    for (const char* method : {"statistics", "tree", "processes"}) {
        endpoint_->answer_with(
            method, [](const json&) -> json { throw test::fake_endpoint::refusal{2, "too busy"}; });
    }
    const server made{given()};
    EXPECT_NE(get(made, "/metrics").body.find("\ncoppice_up 1\n"), std::string::npos);
}

TEST_F(dashboard_server_test, sends_notifications_on_the_subscribing_stream) {
    const server made{given()};
    http_connection watching{made.port()};
    watching.send("GET /events HTTP/1.1\r\n" + bearer(made) + "\r\n");
    const std::string begun = watching.read_until("}\n\n");
    EXPECT_NE(begun.find("Content-Type: text/event-stream"), std::string::npos);
    const json program = event(begun, "program");
    EXPECT_EQ(program["reached"], true);
    EXPECT_EQ(program["program"]["program"], "chat");

    const json subscribed = post(
        made,
        {{"method", "subscribe"}, {"params", {{"topic", "tree"}}}, {"stream", program["stream"]}});
    const json news = event(watching.read_until("children_count"), "notify");
    EXPECT_EQ(news["subscription"], subscribed["result"]["subscription"]);
    EXPECT_EQ(news["topic"], "tree");
}

TEST_F(dashboard_server_test, announces_the_end_and_the_return_of_the_program) {
    const server made{given()};
    http_connection watching{made.port()};
    watching.send("GET /events HTTP/1.1\r\n" + bearer(made) + "\r\n");
    watching.read_until("\"reached\":true");
    endpoint_.reset();
    watching.read_until("\"reached\":false");
    EXPECT_EQ(post(made, {{"method", "tree"}})["error"]["code"], 0);
    EXPECT_EQ(get(made, "/healthz").status, 200);
    EXPECT_EQ(get(made, "/readyz").status, 503);
    EXPECT_NE(get(made, "/metrics").body.find("\ncoppice_up 0\n"), std::string::npos);

    endpoint_ = std::make_unique<test::fake_endpoint>(home_.path() + "/chat.sock", "again");
    watching.read_until("\"program\":\"again\"");
    EXPECT_TRUE(post(made, {{"method", "tree"}}).contains("result"));
}

TEST_F(dashboard_server_test, serves_browsers_up_to_its_limit_and_refuses_the_next) {
    options two = given();
    two.browsers_max = 2;
    const server made{two};
    const auto watch = [&] {
        auto to = std::make_unique<http_connection>(made.port());
        to->send("GET /events HTTP/1.1\r\n" + bearer(made) + "\r\n");
        return to;
    };
    auto first = watch();
    first->read_until("\"reached\":true");
    auto second = watch();
    second->read_until("\"reached\":true");
    EXPECT_EQ(get(made, "/events").status, 503);
    endpoint_->notify("nothing", {});
    EXPECT_EQ(get(made, "/healthz").status, 200);
}

TEST_F(dashboard_server_test, tells_metrics_and_readiness) {
    const server made{given()};
    const auto metrics = get(made, "/metrics");
    EXPECT_TRUE(metrics.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
    EXPECT_NE(metrics.body.find("\ncoppice_up 1\n"), std::string::npos);
    EXPECT_NE(metrics.body.find("coppice_restarts_total{supervisor=\"chat\",child=\"logger\"} 0\n"),
              std::string::npos);
    EXPECT_EQ(get(made, "/readyz").status, 200);

    endpoint_->answer_with("applications", [](const json&) -> json {
        return {{{"name", "chat"}, {"state", "loaded"}}};
    });
    EXPECT_EQ(get(made, "/readyz").status, 503);
}

TEST_F(dashboard_server_test, opens_metrics_without_a_token_only_when_told_to) {
    options open = given();
    open.open_metrics = true;
    const server made{open};
    EXPECT_EQ(http_ask(made.port(), "GET /metrics", host()).status, 200);
    EXPECT_EQ(http_ask(made.port(), "GET /", host()).status, 401);
}

TEST_F(dashboard_server_test, refuses_options_that_do_not_fit) {
    for (const char* token : {"short", "with spaces in it 12345", "semicolon;semicolon;"}) {
        options wrong = given();
        wrong.token = token;
        EXPECT_THROW(server{wrong}, std::invalid_argument) << token;
    }
    options none = given();
    none.browsers_max = 0;
    EXPECT_THROW(server{none}, std::invalid_argument);
}

TEST_F(dashboard_server_test, stops_while_a_browser_watches_and_frees_its_port) {
    auto made = std::make_unique<server>(given());
    const std::uint16_t port = made->port();
    http_connection watching{port};
    watching.send("GET /events HTTP/1.1\r\n" + bearer(*made) + "\r\n");
    watching.read_until("\"reached\":true");
    made.reset();
    watching.read_all();

    options again = given();
    again.port = port;
    EXPECT_EQ(server{again}.port(), port);
}

TEST_F(dashboard_server_test, stops_while_the_program_owes_an_answer) {
    endpoint_->leave_unanswered("state");
    auto made = std::make_unique<server>(given());
    http_connection asking{made->port()};
    const std::string body = R"({"id":1,"method":"state"})";
    asking.send("POST /api HTTP/1.1\r\n" + bearer(*made) +
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    const auto is_asked = [&] { return std::ranges::count(endpoint_->asked(), "state {}") > 0; };
    ASSERT_TRUE(test::eventually(is_asked));
    const auto begun = std::chrono::steady_clock::now();
    made.reset();

    EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
}

}  // namespace
}  // namespace coppice::dashboard
