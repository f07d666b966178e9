// SPDX-License-Identifier: Apache-2.0

#include "dashboard/guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "dashboard/secret.hpp"

namespace coppice::dashboard {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Four decimal numbers. A looser form, such as 0x7f.1, never appears in a URL after a browser has parsed it.
bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        unsigned value = 256;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || value > 255) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (part < 3) {
            if (!text.starts_with('.')) {
                return false;
            }
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

/// In brackets, as in a URL. The characters allowed between the brackets cannot form a DNS name.
bool is_ipv6(std::string_view text) {
    return text.size() > 4 && text.front() == '[' && text.back() == ']' &&
           std::ranges::all_of(text.substr(1, text.size() - 2), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                      c == '.';
           });
}

bool same_name(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// False for an invalid port.
bool remove_port(std::string_view& host) {
    const std::size_t colon = host.rfind(':');
    if (colon == std::string_view::npos || host.ends_with(']')) {
        return true;
    }
    const std::string_view port = host.substr(colon + 1);
    host = host.substr(0, colon);
    return port.size() <= 5 && std::ranges::all_of(port, is_digit);
}

bool is_probe(std::string_view path) {
    static constexpr std::array<std::string_view, 3> probes{"/metrics", "/healthz", "/readyz"};
    return std::ranges::find(probes, path) != probes.end();
}

bool comes_from_the_page(const request_facts& asked) {
    if (!asked.origin.empty() && !same_name(asked.origin, "http://" + asked.host) &&
        !same_name(asked.origin, "https://" + asked.host)) {
        return false;
    }
    // A link on another site may lead to the page, but to no other path. Clients other
    // than browsers send no such header.
    return asked.path == "/" || asked.fetch_site.empty() || asked.fetch_site == "same-origin" ||
           asked.fetch_site == "none";
}

bool has_token(const access_rules& rules, const request_facts& asked) {
    static constexpr std::string_view bearer = "Bearer ";
    if (asked.authorization.starts_with(bearer)) {
        return equal_in_constant_time(std::string_view{asked.authorization}.substr(bearer.size()),
                                      rules.token);
    }
    return equal_in_constant_time(find_cookie(asked.cookie, rules.cookie), rules.token);
}

bool is_json(std::string_view type) {
    return same_name(type.substr(0, type.find_first_of("; ")), "application/json");
}

}  // namespace

bool is_trusted_host(std::string_view host, const std::vector<std::string>& names) {
    if (!remove_port(host)) {
        return false;
    }
    return is_ipv4(host) || is_ipv6(host) || same_name(host, "localhost") ||
           std::ranges::any_of(names, [&](const auto& name) { return same_name(host, name); });
}

decision check_access(const access_rules& rules, const request_facts& asked) {
    const bool posts = asked.method == "POST" && asked.path == "/api";
    if (asked.method != "GET" && asked.method != "HEAD" && !posts) {
        return {405, "this path takes GET, and /api takes POST"};
    }
    if (!is_trusted_host(asked.host, rules.hosts)) {
        return {421,
                "the dashboard answers to an address and to localhost; to serve another host name, "
                "start the dashboard with --host NAME"};
    }
    if (!comes_from_the_page(asked)) {
        return {403, "the request comes from a page of another origin"};
    }
    if (rules.open_metrics && is_probe(asked.path)) {
        return {};
    }
    if (asked.path == "/" && !asked.token.empty()) {
        return equal_in_constant_time(asked.token, rules.token)
                   ? decision{303}
                   : decision{401,
                              "the link's token is wrong: open the link that the dashboard "
                              "printed when it started"};
    }
    if (!has_token(rules, asked)) {
        return {401,
                "open the link that the dashboard printed when it started, or send its token as "
                "Authorization: Bearer TOKEN"};
    }
    if (posts && !is_json(asked.content_type)) {
        return {415, "a request is application/json"};
    }
    return {};
}

}  // namespace coppice::dashboard
