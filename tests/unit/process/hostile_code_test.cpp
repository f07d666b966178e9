// SPDX-License-Identifier: Apache-2.0
// User code in odd places: conditions, descriptions, destructors. Such code harms at most its own process.

#include <cstdint>
#include <map>
#include <stdexcept>
#include <vector>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;
using test::run_simulated;

TEST(a_condition, that_throws_is_not_met) {
    run_everywhere([]() -> task<> {
        const std::map<int, bool> wanted{{2, true}};
        send(self(), 1);
        send(self(), 2);
        auto only_wanted = when([&](int i) { return wanted.at(i); }, [](int i) { return i; });
        const int got = co_await receive(only_wanted);
        EXPECT_EQ(got, 2);
        EXPECT_EQ(co_await receive<int>(), 1);
    });
}

struct shy {
    struct ask {
        int number = 0;
    };
    int handle_call(ask m) const { return m.number; }
};
std::string to_string(const shy::ask&) {
    throw std::runtime_error{"do not look"};
}

TEST(a_request, whose_description_throws_is_still_answered) {
    run_everywhere([]() -> task<> {
        auto starting = start_link<shy>();
        const auto started = co_await starting;
        const server<shy> s = started.value();
        EXPECT_EQ(co_await s.call<shy::ask>(7), 7);
        co_await stop(s);
        const auto failed = co_await s.try_call<shy::ask>(7);
        EXPECT_FALSE(failed.has_value());
        EXPECT_NE(to_string(failed.error()).find("its to_string threw"), std::string::npos);
    });
}

struct wide {
    alignas(64) int value = 0;
};

TEST(a_message, has_the_alignment_of_its_type) {
    run_everywhere([]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            send(self(), wide{i});
            const any_message got = co_await receive_any();
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.get<wide>()) % alignof(wide), 0U);
        }
    });
}

struct fails_twice {
    struct go {};
    void handle_cast(go) { throw std::runtime_error{"first"}; }
    void terminate(const exit_reason&) { throw std::runtime_error{"second"}; }
};

TEST(a_crash, whose_terminate_throws_too_is_reported_with_the_second_reason) {
    std::vector<std::string> reports;
    runtime_options options;
    options.on_report = [&](const report& told) {
        if (const auto* crash = std::get_if<crash_report>(&told.body)) {
            reports.push_back(to_string(crash->why));
        }
    };
    testing::sim_world world{1, options};
    world.run([]() -> task<> {
        trap_exit(true);
        auto starting = start_link<fails_twice>();
        const auto started = co_await starting;
        started.value().cast(fails_twice::go{});
        co_await receive<exit_message>();
    });
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_NE(reports[0].find("second"), std::string::npos) << reports[0];
}

struct patient {
    patient() { timeout_after(1h); }
    void handle_info(timeout) {}
};

TEST(a_server_that_is_killed, drops_its_timeout) {
    for (const exit_reason& why : {reason::kill, reason::shutdown, exit_reason{"other"}}) {
        testing::sim_world world;
        pid dies;
        world.run([&]() -> task<> {
            auto starting = start<patient>();
            const auto started = co_await starting;
            dies = started.process();
        });
        EXPECT_TRUE(world.alive(dies));
        world.system().exit(dies, why);
        world.run_until_idle();
        EXPECT_FALSE(world.alive(dies));
        EXPECT_FALSE(world.advance_to_next_timer(2h)) << why;
    }
}

struct waits_here {
    task<> operator()() const { co_await receive<int>(); }
};

/// On destruction, links the calling process to another process.
struct links_when_dropped {
    explicit links_when_dropped(const pid& p) : to{p} {}
    links_when_dropped(links_when_dropped&& other) noexcept : to{std::exchange(other.to, {})} {}
    links_when_dropped& operator=(links_when_dropped&&) = delete;
    ~links_when_dropped() {
        if (to && whereis("drops") == pid{} && self() != to) {
            trap_exit(true);
            link(to);
        }
    }
    pid to;
};

TEST(a_process_slot, passes_no_links_on_to_its_next_process) {
    run_simulated([]() -> task<> {
        const pid target = spawn(waits_here{});
        const pid drops = spawn(waits_here{});
        exit(drops, reason::kill);
        send(drops, links_when_dropped{target});  // arrives after the kill
        co_await sleep(1ms);
        EXPECT_FALSE(co_await is_alive(drops));
        for (int i = 0; i < 10; ++i) {
            const pid next = spawn(waits_here{});
            EXPECT_TRUE((co_await process_info(next)).at(0).links.empty());
        }
    });
}

}  // namespace
}  // namespace coppice
