// SPDX-License-Identifier: Apache-2.0
// Code that the runtime calls outside of any turn: destructors of undelivered messages and of leftovers at
// the end of the runtime. Such code changes no living process and ends nothing.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "support/deeds.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::deed;
using test::eventually;
using test::stage;

/// The deeds, the stage for the deeds, and the number of times that the deeds were done.
struct revenge {
    void take() {
        for (const deed& each : deeds) {
            answered = each.run(set) || answered;
        }
        ++taken;
    }

    std::vector<deed> deeds = test::deeds_of_a_server();
    stage set;
    std::atomic<bool> answered{false};
    std::atomic<int> taken{0};
};

/// Does every deed on destruction.
class avenger {
  public:
    explicit avenger(revenge& how) : how_{&how} {}
    avenger(avenger&& other) noexcept : how_{std::exchange(other.how_, nullptr)} {}
    avenger(const avenger&) = delete;
    avenger& operator=(const avenger&) = delete;
    ~avenger() {
        if (how_ != nullptr) {
            how_->take();
        }
    }

  private:
    revenge* how_;
};

/// A world with bystanders.
class haunted_world {
  public:
    explicit haunted_world(unsigned workers, runtime_options options = testing::sim_world::quiet())
        : options_{std::move(options)} {
        options_.workers = workers;
        world_.emplace(options_);
        world_->start();
        world_->run([this]() -> task<> {
            stage& set = how.set;
            set.bystander = spawn(test::stay);
            set.nameless = spawn(test::stay);
            register_name("bystander", set.bystander);
            set.armed = send_after(1h, set.bystander, 1);
            co_await yield();
            before_ = co_await test::look(set);
        });
    }

    runtime& operator*() { return *world_; }
    runtime* operator->() { return &*world_; }
    void end() { world_.reset(); }

    /// At least one avenger was destroyed, and the bystanders are unchanged.
    void expect_unharmed() {
        EXPECT_TRUE(eventually([&] { return how.taken > 0; }));
        EXPECT_FALSE(how.answered);
        world_->run([this]() -> task<> {
            const std::string after = co_await test::look(how.set);
            EXPECT_EQ(before_, after);
        });
    }

    revenge how;

  private:
    runtime_options options_;
    std::string before_;
    std::optional<runtime> world_;
};

constexpr unsigned worker_counts[] = {1, 2, 4};

TEST(an_undelivered_message, does_nothing_when_a_timer_delivers_it) {
    for (const unsigned workers : worker_counts) {
        haunted_world world{workers};
        world->run([&] { send_after(0ms, "nobody at all", avenger{world.how}); });
        world.expect_unharmed();
    }
}

TEST(an_undelivered_message, does_nothing_when_it_comes_from_outside) {
    for (const unsigned workers : worker_counts) {
        haunted_world world{workers};
        const pid dead = world->spawn([] {});
        world->wait(dead);
        world->send(dead, avenger{world.how});
        world.expect_unharmed();
    }
}

TEST(an_undelivered_message, does_nothing_in_a_simulation) {
    test::run_simulated([]() -> task<> {
        auto how = std::make_unique<revenge>();
        how->set.bystander = spawn(test::stay);
        how->set.nameless = spawn(test::stay);
        register_name("bystander", how->set.bystander);
        how->set.armed = send_after(1h, how->set.bystander, 1);
        co_await sleep(1ms);
        const std::string before = co_await test::look(how->set);
        send_after(1ms, "nobody at all", avenger{*how});
        co_await sleep(10ms);
        EXPECT_EQ(how->taken, 1);
        const pid dies = spawn(test::stay);
        exit(dies, reason::kill);
        send(dies, avenger{*how});  // arrives after the kill
        co_await sleep(10ms);
        EXPECT_EQ(how->taken, 2);
        EXPECT_EQ(before, co_await test::look(how->set));
        EXPECT_FALSE(how->answered);
        send(how->set.bystander, test::go_home{});
        send(how->set.nameless, test::go_home{});
        co_await sleep(1ms);
    });
}

TEST(an_undelivered_message, does_nothing_when_its_timer_fires_behind_a_stuck_handler) {
    runtime_options options = testing::sim_world::quiet();
    options.stuck_after = 2ms;
    haunted_world world{1, options};
    world->run([&] {
        send_after(0ms, "nobody at all", avenger{world.how});
        EXPECT_TRUE(eventually([&] { return world.how.taken > 0; }));
    });
    world.expect_unharmed();
}

TEST(what_is_left_at_the_end, does_nothing_when_a_runtime_is_destroyed) {
    for (const unsigned workers : worker_counts) {
        haunted_world world{workers};
        world->run([&] { send_after(1h, "nobody at all", avenger{world.how}); });
        world.end();
        EXPECT_EQ(world.how.taken, 1);
        EXPECT_FALSE(world.how.answered);
    }
}

TEST(what_is_left_at_the_end, does_nothing_when_a_runtime_never_started) {
    revenge how;
    {
        runtime world{testing::sim_world::quiet()};
        const pid never = world.spawn([kept = std::make_shared<avenger>(how)] {});
        world.send(never, avenger{how});
        world.exit(never, exit_reason::of(std::make_shared<const avenger>(how)));
    }
    EXPECT_EQ(how.taken, 3);
    EXPECT_FALSE(how.answered);
}

TEST(what_is_left_at_the_end, does_nothing_when_a_simulation_ends) {
    revenge how;
    {
        testing::sim_world world;
        world.run([&] { send_after(1h, "nobody at all", avenger{how}); });
    }
    EXPECT_EQ(how.taken, 1);
    EXPECT_FALSE(how.answered);
}

TEST(what_is_refused, does_nothing_when_it_is_destroyed) {
    haunted_world world{1};
    world->stop();
    EXPECT_THROW(world->spawn([](const avenger&) {}, avenger{world.how}), stopped_error);
    EXPECT_EQ(world.how.taken, 1);
    EXPECT_FALSE(world.how.answered);
}

TEST(a_handler_of_reports, is_no_process) {
    for (const unsigned workers : worker_counts) {
        std::atomic<revenge*> how{nullptr};
        runtime_options options;
        options.level = report_level::error;
        options.on_report = [&](const report&) {
            if (revenge* const taken = how.exchange(nullptr)) {
                taken->take();
            }
        };
        haunted_world world{workers, options};
        how = &world.how;
        world->run([&] { exit(exit_reason::of(std::make_shared<const avenger>(world.how))); });
        EXPECT_TRUE(eventually([&] { return world.how.taken == 2; }));
        world.expect_unharmed();
    }
}

TEST(a_process_that_was_killed_in_its_handler, does_nothing_when_its_state_is_destroyed) {
    for (const unsigned workers : worker_counts) {
        runtime_options options = testing::sim_world::quiet();
        options.stuck_after = 2ms;
        haunted_world world{workers, options};
        std::atomic<bool> holds{false};
        std::atomic<bool> goes_on{false};
        const pid ghost = world->spawn([&, kept = std::make_shared<avenger>(world.how)] {
            holds = true;
            while (!goes_on) {
            }
        });
        EXPECT_TRUE(eventually([&] { return holds.load(); }));
        world->send(ghost, avenger{world.how});
        world->exit(ghost, reason::kill);
        EXPECT_TRUE(world->wait(ghost).has_value());
        goes_on = true;
        EXPECT_TRUE(eventually([&] { return world.how.taken == 2; }));
        world.expect_unharmed();
    }
}

struct owes {
    struct ask {
        using reply = int;
    };
    struct get {
        using reply = reply_to<int>;
    };
    void handle_call(ask, reply_to<int> to) { pending = to; }
    reply_to<int> handle_call(get) const { return pending; }
    reply_to<int> pending;
};

/// Waits until the server has a call to answer, and takes its reply handle.
reply_to<int> debt_of(runtime& world, const server<owes>& s) {
    reply_to<int> owed;
    EXPECT_TRUE(eventually([&] {
        owed = world.call(s, owes::get{}).value();
        return static_cast<bool>(owed.client());
    }));
    return owed;
}

class a_deferred_reply : public ::testing::Test {
  protected:
    a_deferred_reply() {
        world.start();
        world.run([this]() -> task<> {
            auto starting = start<owes>();
            asked = (co_await starting).value();
        });
        client = world.spawn([this]() -> task<> {
            auto calling = asked.call(owes::ask{}, test::patience);
            got = co_await calling;
        });
    }
    runtime world{testing::sim_world::quiet()};
    server<owes> asked;
    pid client;
    std::atomic<int> got{0};
};

TEST_F(a_deferred_reply, may_come_from_a_thread_of_the_programs_own) {
    const reply_to<int> owed = debt_of(world, asked);
    std::thread{[owed] { reply(owed, 7); }}.join();
    EXPECT_TRUE(eventually([&] { return got == 7; }));
}

TEST_F(a_deferred_reply, may_come_from_a_process_of_another_runtime) {
    const reply_to<int> owed = debt_of(world, asked);
    runtime other{testing::sim_world::quiet()};
    other.start();
    other.run([owed] { reply(owed, 8); });
    EXPECT_TRUE(eventually([&] { return got == 8; }));
}

TEST(a_deferred_reply_that_comes_too_late, is_dropped_when_its_runtime_is_no_more) {
    reply_to<int> owed;
    {
        runtime world{testing::sim_world::quiet()};
        world.start();
        world.run([&]() -> task<> {
            auto starting = start<owes>();
            const server<owes> s = (co_await starting).value();
            spawn([s]() -> task<> {
                auto calling = s.try_call(owes::ask{}, 1h);
                co_await calling;
            });
            while (!owed.client()) {
                auto calling = s.call(owes::get{});
                owed = co_await calling;
            }
        });
    }
    reply(owed, 9);
    reply(reply_to<int>{}, 9);
}

TEST(logging, works_on_a_thread_that_is_no_process) {
    ::testing::internal::CaptureStderr();
    log(report_level::error, "from a thread");
    log(report_level::debug, "not worth it");
    const std::string printed = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(printed.find("from a thread"), std::string::npos) << printed;
    EXPECT_EQ(printed.find("not worth it"), std::string::npos) << printed;
}

TEST(logging, works_for_a_runtime_from_outside_and_in_a_handler_of_reports) {
    std::atomic<int> heard{0};
    runtime* speaker = nullptr;
    runtime_options options;
    options.level = report_level::error;
    options.on_report = [&](const report& r) {
        const auto* text = std::get_if<text_report>(&r.body);
        if (text != nullptr && text->text == "first") {
            speaker->log(report_level::error, "second");
        }
        ++heard;
    };
    runtime world{options};
    speaker = &world;
    world.start();
    world.log(report_level::warning, "not heard");
    world.log(report_level::error, "first");
    EXPECT_TRUE(eventually([&] { return heard == 2; }));
}

}  // namespace
}  // namespace coppice
