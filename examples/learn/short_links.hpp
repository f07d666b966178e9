// SPDX-License-Identifier: Apache-2.0
// Short links as an application: a store, a server for the links, and a counter for each visited link.

#pragma once

#include <coppice/application.hpp>
#include <coppice/coppice.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace short_links {

/// Keeps the addresses.
struct store {
    struct put {
        std::string address;
    };
    struct get {
        std::size_t number = 0;
    };

    std::size_t handle_call(put m) {
        addresses.push_back(std::move(m.address));
        return addresses.size();
    }
    std::optional<std::string> handle_call(get m) const {
        const bool known = m.number > 0 && m.number <= addresses.size();
        return known ? std::optional{addresses[m.number - 1]} : std::nullopt;
    }

    std::vector<std::string> addresses;
};

/// Checks addresses and makes codes. A wrong address crashes the server.
struct links {
    struct add {
        std::string address;
    };

    coppice::task<std::string> handle_call(add m) {
        if (!m.address.starts_with("https://")) {
            throw std::invalid_argument{"not an address: " + m.address};
        }
        const coppice::server<store> kept{"store"};
        const std::size_t number = co_await kept.call<store::put>(m.address);
        co_return "link" + std::to_string(number);
    }
};

/// Counts the visits of one link, and ends when no message has come for the configured time.
class counter {
  public:
    struct visit {};
    struct count {};

    static constexpr coppice::child_defaults as_child{.restart = coppice::transient};

    void init() { coppice::timeout_after(idle_); }
    void handle_cast(visit) {
        ++visits_;
        coppice::timeout_after(idle_);
    }
    int handle_call(count) {
        coppice::timeout_after(idle_);
        return visits_;
    }
    void handle_info(coppice::timeout) { coppice::stop_with(coppice::reason::normal); }

  private:
    std::chrono::minutes idle_{coppice::application::fetch_env<int>("short_links", "forget_after")};
    int visits_ = 0;
};

/// Counts one visit. Starts the counter of the link if there is none.
inline coppice::task<> visit(std::string code) {
    const coppice::server<counter> visited{"link:" + code};
    if (!visited.whereis()) {
        const coppice::dynamic_supervisor counters{"counters"};
        const coppice::child_spec spec = coppice::child<counter>().name("link:" + code);
        co_await counters.start_child(spec);
    }
    visited.cast(counter::visit{});
}

/// The application: the tree, and the settings.
struct application {
    static constexpr std::string_view name = "short_links";
    static coppice::application::settings environment() {
        return {coppice::application::setting{"forget_after", 60,
                                              "minutes without a visit that end a counter"}
                    .between(1, 10000)};
    }

    auto start() {
        using coppice::child;
        return coppice::supervisor::start_link(
            coppice::children(child<store>().name("store"), child<links>().name("links"),
                              child<coppice::dynamic_supervisor>({.name = "counters"})),
            {.strategy = coppice::rest_for_one});
    }
};

}  // namespace short_links
