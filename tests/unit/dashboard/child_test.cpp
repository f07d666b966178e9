// SPDX-License-Identifier: Apache-2.0
// Tests of the dashboard as a child of a supervisor.
//
// Goal    A restart keeps the port and the token, so that a browser comes back. The end of the process ends
//         the server, even while an answer of the program is pending.
// Method  A runtime with scheduler threads and an endpoint with canned answers. A thread of the test sends
//         the HTTP requests.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "coppice/dashboard.hpp"
#include "coppice/process.hpp"
#include "coppice/supervisor.hpp"
#include "support/fake_endpoint.hpp"
#include "support/http.hpp"
#include "support/program_files.hpp"
#include "support/worlds.hpp"

namespace coppice::dashboard {
namespace {

using namespace std::chrono_literals;
using test::http_ask;

const std::string token = "0123456789abcdef";

int health(std::uint16_t port) {
    return http_ask(port, "GET /healthz",
                    "Host: localhost\r\nAuthorization: Bearer " + token + "\r\n")
        .status;
}

class dashboard_child_test : public ::testing::Test {
  protected:
    dashboard_child_test() {
        given_ = {.program = endpoint_.socket(), .port = free_port(), .token = token};
    }

    std::uint16_t free_port() const { return server{{.program = endpoint_.socket()}}.port(); }

    test::scratch_folder home_;
    test::fake_endpoint endpoint_{home_.path() + "/chat.sock"};
    options given_;
};

TEST_F(dashboard_child_test, serves_again_with_the_same_token_at_the_same_port_after_a_restart) {
    for (const unsigned workers : {1U, 2U}) {
        test::run_on_workers(workers, [given = given_]() -> task<> {
            const child_spec served = child(given);
            auto starting = supervisor::start_link(children(served), {});
            const supervisor above = (co_await starting).value();
            EXPECT_EQ(health(given.port), 200);
            auto listing = above.which_children();
            const std::vector<child_info> before = co_await listing;
            exit(before[0].process, reason::kill);
            pid next = before[0].process;
            while (next == before[0].process || !next) {  // the test's deadline ends this loop
                co_await sleep(1ms);
                auto again = above.which_children();
                const std::vector<child_info> now = co_await again;
                next = now[0].process;
            }
            EXPECT_EQ(health(given.port), 200);
        });
    }
    EXPECT_EQ(health(given_.port), 0);
}

TEST_F(dashboard_child_test, with_port_zero_is_a_permanent_child_named_dashboard) {
    given_.port = 0;
    const child_spec spec = child(given_);
    EXPECT_EQ(spec.id(), "dashboard");
    EXPECT_EQ(spec.restart(), permanent);
}

}  // namespace
}  // namespace coppice::dashboard
