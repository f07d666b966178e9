// SPDX-License-Identifier: Apache-2.0
// Tests of the limits of the HTTP server.
//
// Goal    No client can fill the server, occupy its threads, or prevent its stop.
// Method  Real connections with traffic that no browser sends, to a server with small limits.

#include "dashboard/http_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/http.hpp"

namespace coppice::dashboard {
namespace {

using namespace std::chrono_literals;
using test::http_ask;
using test::http_connection;
using test::read_http;

const std::string host = "Host: 127.0.0.1\r\n";

class dashboard_http_server : public ::testing::Test {
  protected:
    static connection_limits small() {
        return {.header_bytes_max = 2048,
                .body_bytes_max = 1000,
                .request_time_max = 300ms,
                .write_time_max = 300ms};
    }

    std::unique_ptr<http_server> serve(const connection_limits& limits, std::size_t threads = 2) {
        auto made = std::make_unique<http_server>(limits);
        made->Get("/hello",
                  [](const auto&, auto& answer) { answer.set_content("hello", "text/plain"); });
        made->Get("/throws", [](const auto&, auto&) { throw std::runtime_error{"secret"}; });
        made->Get("/much", [](const auto&, auto& answer) {
            answer.set_content_provider("text/plain", [](std::size_t, httplib::DataSink& to) {
                static const std::string part(65536, 'x');
                return to.write(part.data(), part.size());
            });
        });
        made->Post("/echo", [](const auto& asked, auto& answer) {
            answer.set_content(asked.body, "text/plain");
        });
        made->bind("127.0.0.1", 0);
        made->start(threads);
        return made;
    }
};

TEST_F(dashboard_http_server, answers_one_request_a_connection) {
    const auto server = serve({});
    http_connection to{server->port()};
    to.send("GET /hello HTTP/1.1\r\n" + host + "\r\nGET /hello HTTP/1.1\r\n" + host + "\r\n");
    const std::string all = to.read_all();

    EXPECT_EQ(read_http(all).body, "hello");
    EXPECT_TRUE(read_http(all).has("Connection: close"));
    EXPECT_EQ(all.find("HTTP/1.1", 5), std::string::npos);
}

TEST_F(dashboard_http_server, takes_headers_up_to_their_limit_and_no_more) {
    const auto server = serve(small());
    const auto with_headers = [&](std::size_t bytes) {
        const std::string line = "GET /hello HTTP/1.1\r\n" + host;
        const std::string padding(bytes - line.size() - std::string{"X: \r\n\r\n"}.size(), 'x');
        http_connection to{server->port()};
        to.send(line + "X: " + padding + "\r\n\r\n");
        return read_http(to.read_all()).status;
    };
    EXPECT_EQ(with_headers(2048), 200);
    EXPECT_NE(with_headers(2049), 200);
}

TEST_F(dashboard_http_server, refuses_a_million_bytes_of_headers_and_serves_the_next) {
    const auto server = serve({});
    EXPECT_NE(
        http_ask(server->port(), "GET /hello", "X: " + std::string(1'000'000, 'x') + "\r\n").status,
        200);
    std::string many;
    for (int i = 0; i < 50'000; ++i) {
        many += "X" + std::to_string(i) + ": some value\r\n";
    }
    EXPECT_NE(http_ask(server->port(), "GET /hello", many).status, 200);
    EXPECT_NE(http_ask(server->port(), "GET /" + std::string(1'000'000, 'a'), host).status, 200);
    EXPECT_EQ(http_ask(server->port(), "GET /hello", host).body, "hello");
}

TEST_F(dashboard_http_server, takes_a_body_up_to_its_limit_and_no_more) {
    const auto server = serve(small());
    EXPECT_EQ(http_ask(server->port(), "POST /echo", host, std::string(1000, 'b')).body,
              std::string(1000, 'b'));
    EXPECT_NE(http_ask(server->port(), "POST /echo", host, std::string(1001, 'b')).status, 200);
    // A body without a length, and chunks without an end.
    http_connection to{server->port()};
    to.send("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100 && to.send("64\r\n" + std::string(100, 'c') + "\r\n"); ++i) {
    }
    EXPECT_NE(read_http(to.read_all()).status, 200);
}

TEST_F(dashboard_http_server, disconnects_a_client_that_sends_slowly_however_steadily) {
    const auto server = serve(small(), 1);
    const auto begun = std::chrono::steady_clock::now();
    http_connection slow{server->port()};
    slow.send("GET /hello HTTP/1.1\r\nX: ");
    // A byte now and then defeats a time limit per read.
    while (slow.send("x") && std::chrono::steady_clock::now() - begun < 5s) {
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
    EXPECT_EQ(http_ask(server->port(), "GET /hello", host).body, "hello");
}

TEST_F(dashboard_http_server, disconnects_a_client_that_reads_nothing) {
    const auto server = serve(small(), 1);
    http_connection deaf{server->port()};
    deaf.send("GET /much HTTP/1.1\r\n" + host + "\r\n");

    EXPECT_EQ(http_ask(server->port(), "GET /hello", host).body,
              "hello");  // the only thread is free again
}

TEST_F(dashboard_http_server, keeps_serving_after_more_connections_than_threads) {
    const auto server = serve(small(), 2);
    std::vector<std::unique_ptr<http_connection>> idle;
    for (int i = 0; i < 60; ++i) {
        idle.push_back(std::make_unique<http_connection>(server->port()));
    }
    idle.clear();
    EXPECT_EQ(http_ask(server->port(), "GET /hello", host).body, "hello");
}

TEST_F(dashboard_http_server, does_not_reveal_the_text_of_a_handler_exception) {
    const auto server = serve({});
    const auto answer = http_ask(server->port(), "GET /throws", host);

    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ((answer.head + answer.body).find("secret"), std::string::npos);
}

TEST_F(dashboard_http_server, ignores_ranges) {
    const auto server = serve({});
    std::string ranges = "Range: bytes=0-0";
    for (int i = 0; i < 500; ++i) {
        ranges += ",0-0";
    }
    const auto answer = http_ask(server->port(), "GET /hello", host + ranges + "\r\n");

    EXPECT_LT(answer.body.size(), 1000U);
}

TEST_F(dashboard_http_server, stops_at_once_with_silent_and_non_reading_clients) {
    auto server = serve({}, 4);
    const auto begun = std::chrono::steady_clock::now();
    http_connection silent{server->port()};
    http_connection deaf{server->port()};
    deaf.send("GET /much HTTP/1.1\r\n" + host + "\r\n");
    deaf.read_until("x");
    server.reset();

    EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
}

TEST_F(dashboard_http_server, can_be_stopped_right_after_its_start) {
    for (int i = 0; i < 20; ++i) {
        serve({}).reset();
    }
    http_server never_started{{}};
}

TEST_F(dashboard_http_server, says_that_a_port_is_taken) {
    const auto server = serve({});
    http_server second{{}};
    try {
        second.bind("127.0.0.1", server->port());
        ADD_FAILURE() << "two servers listen on one port";
    } catch (const std::system_error& why) {
        EXPECT_NE(std::string{why.what()}.find("choose another --port"), std::string::npos);
    }
}

}  // namespace
}  // namespace coppice::dashboard
