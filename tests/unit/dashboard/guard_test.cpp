// SPDX-License-Identifier: Apache-2.0
// Tests of the access rules of a dashboard.
//
// Goal    Each rule of guard.hpp, accepted and refused; and the tokens behind the rules.
// Method  Each request differs from an accepted request in one property.

#include "dashboard/guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dashboard/secret.hpp"

namespace coppice::dashboard {
namespace {

const std::string token = "0123456789abcdef0123456789abcdef";

access_rules rules() {
    return {.token = token, .cookie = "coppice_dashboard", .hosts = {"tree.example"}};
}

request_facts signed_in(std::string path = "/") {
    return {
        .path = std::move(path), .host = "127.0.0.1:4041", .cookie = "coppice_dashboard=" + token};
}

request_facts request() {
    request_facts out = signed_in("/api");
    out.method = "POST";
    out.origin = "http://127.0.0.1:4041";
    out.fetch_site = "same-origin";
    out.content_type = "application/json";
    return out;
}

int status_of(const request_facts& asked) {
    return check_access(rules(), asked).status;
}

TEST(dashboard_guard, serves_the_page_to_a_browser_that_signed_in) {
    EXPECT_EQ(status_of(signed_in()), 200);
    EXPECT_EQ(status_of(request()), 200);
}

TEST(dashboard_guard, requires_a_token_for_every_path) {
    for (const char* path : {"/", "/assets/app.js", "/events", "/metrics", "/healthz", "/readyz"}) {
        request_facts asked = signed_in(path);
        asked.cookie = "";
        EXPECT_EQ(status_of(asked), 401) << path;
    }
}

TEST(dashboard_guard, opens_metrics_and_health_and_nothing_else_when_told_to) {
    access_rules open = rules();
    open.open_metrics = true;
    for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
        EXPECT_EQ(check_access(open, {.path = path, .host = "127.0.0.1"}).status, 200) << path;
    }
    EXPECT_EQ(check_access(open, {.path = "/events", .host = "127.0.0.1"}).status, 401);
    EXPECT_EQ(check_access(open, {.path = "/metrics/", .host = "127.0.0.1"}).status, 401);
    EXPECT_EQ(check_access(open, {.path = "/metrics", .host = "evil.example"}).status, 421);
}

TEST(dashboard_guard, signs_in_by_the_links_token_and_by_no_other) {
    request_facts asked{.token = token, .host = "localhost:1"};
    EXPECT_EQ(status_of(asked), 303);
    asked.token = "0123456789abcdef0123456789abcdee";
    EXPECT_EQ(status_of(asked), 401);
    asked.token = token.substr(1);
    EXPECT_EQ(status_of(asked), 401);
    asked.path = "/events";
    asked.token = token;
    EXPECT_EQ(status_of(asked), 401);
}

TEST(dashboard_guard, refuses_another_cookie) {
    request_facts asked = signed_in();
    for (const std::string& cookie :
         {std::string{"coppice_dashboard="}, "coppice_dashboard=" + token + "0",
          "xcoppice_dashboard=" + token, "coppice_dashboard2=" + token,
          std::string{"coppice_dashboard"}}) {
        asked.cookie = cookie;
        EXPECT_EQ(status_of(asked), 401) << cookie;
    }
    asked.cookie = "a=b;  coppice_dashboard=" + token + "; c=d";
    EXPECT_EQ(status_of(asked), 200);
    asked.cookie = "coppice_dashboard2=" + token + "0; coppice_dashboard=" + token;
    EXPECT_EQ(status_of(asked), 200) << "that of a dashboard at another port";
}

TEST(dashboard_guard, takes_the_token_as_a_bearer_and_does_not_fall_back_to_the_cookie) {
    request_facts asked = signed_in("/metrics");
    asked.cookie = "";
    asked.authorization = "Bearer " + token;
    EXPECT_EQ(status_of(asked), 200);
    asked.authorization = "Bearer x";
    asked.cookie = "coppice_dashboard=" + token;
    EXPECT_EQ(status_of(asked), 401);
}

TEST(dashboard_guard, refuses_host_names_open_to_dns_rebinding) {
    for (const char* host :
         {"evil.example", "evil.example:4041", "127.0.0.1.evil.example", "localhost.evil.example",
          "", "127.0.0.1:80x", "127.0.0.1:4041:1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "[evil]",
          "tree.example.evil", "::1"}) {
        request_facts asked = signed_in();
        asked.host = host;
        EXPECT_EQ(status_of(asked), 421) << host;
    }
    for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST:1", "192.168.1.7:8080", "[::1]",
                             "[::1]:4041", "tree.example", "Tree.Example:99999"}) {
        request_facts asked = signed_in();
        asked.host = host;
        EXPECT_EQ(status_of(asked), 200) << host;
    }
}

TEST(dashboard_guard, refuses_pages_of_other_origins) {
    for (const char* origin :
         {"http://evil.example", "null", "http://127.0.0.1:4042", "http://127.0.0.1",
          "ftp://127.0.0.1:4041", "http://127.0.0.1:4041.evil.example"}) {
        request_facts asked = request();
        asked.origin = origin;
        EXPECT_EQ(status_of(asked), 403) << origin;
    }
    request_facts asked = request();
    asked.origin = "https://127.0.0.1:4041";  // behind a proxy that ends TLS
    EXPECT_EQ(status_of(asked), 200);
    for (const char* site : {"cross-site", "same-site"}) {
        asked = request();
        asked.fetch_site = site;
        EXPECT_EQ(status_of(asked), 403) << site;
        asked = signed_in("/events");
        asked.fetch_site = site;
        EXPECT_EQ(status_of(asked), 403) << site;
        asked = signed_in("/");  // a link to the dashboard
        asked.fetch_site = site;
        EXPECT_EQ(status_of(asked), 200) << site;
    }
}

TEST(dashboard_guard, takes_requests_as_json_only_so_that_no_form_can_make_one) {
    request_facts asked = request();
    for (const char* type :
         {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
        asked.content_type = type;
        EXPECT_EQ(status_of(asked), 415) << type;
    }
    asked.content_type = "application/json; charset=utf-8";
    EXPECT_EQ(status_of(asked), 200);
}

TEST(dashboard_guard, knows_the_methods_of_its_paths) {
    request_facts asked = signed_in();
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", ""}) {
        asked.method = method;
        EXPECT_EQ(status_of(asked), 405) << method;
    }
    asked.method = "HEAD";
    EXPECT_EQ(status_of(asked), 200);
}

TEST(dashboard_token, has_128_bits_that_differ) {
    const std::string one = random_token();
    EXPECT_EQ(one.size(), 32U);
    EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(one, random_token());
}

TEST(dashboard_token, is_removed_from_text_at_any_position) {
    EXPECT_EQ(without_tokens("a http://h/?token=abc-1_2 b http://i/?token=" + token + " c"),
              "a http://h/?token= b http://i/?token= c");
    EXPECT_EQ(without_tokens("?token=" + token), "?token=");
    EXPECT_EQ(without_tokens("?token="), "?token=");
    EXPECT_EQ(without_tokens("the token is secret"), "the token is secret");
}

TEST(dashboard_token, is_compared_whole) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
    for (const char* other : {"abd", "bbc", "ab", "abcd", ""}) {
        EXPECT_FALSE(equal_in_constant_time("abc", other)) << other;
    }
    EXPECT_FALSE(equal_in_constant_time(std::string_view{"a\0b", 3}, std::string_view{"a\0c", 3}));
}

}  // namespace
}  // namespace coppice::dashboard
