// SPDX-License-Identifier: Apache-2.0
// Tests of the service of include/coppice/net.hpp.
//
// Goal    The end of a service leaves no request, handle or descriptor in a bad state. No descriptor is
//         inherited by a started program. Opening and closing cost the same however many sockets are open.

#include <time.h>

#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "net_world.hpp"

namespace coppice::test {
namespace {

class a_service : public with_workers {};
INSTANTIATE_TEST_SUITE_P(workers, a_service, ::testing::Values(1U, 2U, 4U));

/// Expects `normal`, or `noproc` after an end before the wait.
void ended_quietly(const std::optional<exit_reason>& how) {
    ASSERT_TRUE(how.has_value());
    EXPECT_TRUE(*how == reason::normal || *how == reason::noproc) << to_string(*how);
}

std::chrono::nanoseconds thread_cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

std::set<int> files() {
    std::set<int> out;
    for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        out.insert(std::stoi(each.path().filename().string()));
    }
    return out;
}

TEST(a_service_for_a_simulation, is_refused_with_the_remedy) {
    runtime_options options;
    options.clock = clock_kind::simulated;
    runtime world{options};
    EXPECT_EQ(world.clock(), clock_kind::simulated);
    try {
        const net::service io{world};
        FAIL() << "it was made";
    } catch (const std::logic_error& error) {
        EXPECT_NE(std::string{error.what()}.find("clock_kind::real"), std::string::npos);
    }
}

TEST(a_service_for_programs, opens_no_descriptor_that_a_program_would_inherit) {
    const std::set<int> before = files();
    net_world on;
    const net::listener source = on.listen();
    const net::listener local =
        on.io.listen(net::unix_path{"/tmp/coppice-inherit-" + std::to_string(::getpid())});
    std::vector<net::socket> kept;
    on.run([&]() -> task<> {
        on.io.connect("127.0.0.1", source.port(), self());
        kept.push_back((co_await receive<net::connected>()).connection);
        source.accept_next(self());
        kept.push_back((co_await receive<net::accepted>()).connection);
        on.io.connect("localhost", source.port(), self());
        kept.push_back((co_await receive<net::connected>()).connection);
    });
    int looked_at = 0;
    for (const int each : files()) {
        const int flags = ::fcntl(each, F_GETFD);
        if (!before.contains(each) && flags >= 0) {
            EXPECT_TRUE((flags & FD_CLOEXEC) != 0) << "descriptor " << each;
            ++looked_at;
        }
    }
    EXPECT_GE(looked_at, 6);
}

TEST_P(a_service, that_has_stopped_leaves_handles_that_answer_like_closed_ones) {
    runtime world{[] {
        auto quiet = testing::sim_world::quiet();
        quiet.workers = 2;
        return quiet;
    }()};
    world.start();
    std::optional<net::service> io{std::in_place, world};
    const net::listener source = io->listen("127.0.0.1", 0);
    const net::network network = io->network();
    net::socket connection;
    const plain_peer peer{source.port()};
    const pid taker = world.spawn([&]() -> task<> {
        source.accept_next(self());
        connection = (co_await receive<net::accepted>()).connection;
    });
    ASSERT_TRUE(world.wait(taker, patience).has_value());
    io.reset();
    EXPECT_EQ(peer.hear(), "<end>");
    EXPECT_EQ(connection.write("x").error(), net::write_error::closed);
    EXPECT_THROW(network.listen("127.0.0.1", 0), std::system_error);
    const pid asker = world.spawn([&]() -> task<> {
        connection.read_next(self());
        co_await receive<net::disconnected>();
        connection.write_next(self());
        co_await receive<net::writable>();
        source.accept_next(self());
        co_await receive<net::listen_failed>();
        network.connect("127.0.0.1", 1, self());
        EXPECT_NE((co_await receive<net::connect_failed>()).why.find("the service has stopped"),
                  std::string::npos);
    });
    ended_quietly(world.wait(asker, patience));
    connection.close();
    source.close();
    world.stop();
}

TEST_P(a_service, answers_pending_requests_at_its_end) {
    runtime world{testing::sim_world::quiet()};
    world.start();
    std::optional<net::service> io{std::in_place, world};
    const net::listener source = io->listen("127.0.0.1", 0);
    const plain_peer peer{source.port()};
    const pid asker = world.spawn([&]() -> task<> {
        source.accept_next(self());
        const net::socket one = (co_await receive<net::accepted>()).connection;
        one.read_next(self());
        source.accept_next(self());
        one.write("ready");
        co_await receive<net::disconnected>();
        co_await receive<net::listen_failed>();
    });
    EXPECT_EQ(peer.hear(), "ready");
    io.reset();
    ended_quietly(world.wait(asker, patience));
    world.stop();
}

TEST_P(a_service, sends_all_written_bytes_before_its_end) {
    std::string heard;
    std::optional<plain_peer> peer;
    const std::string text(200'000, 'x');
    std::thread reader_thread;
    {
        net_world on{GetParam()};
        auto [connection, other] = on.pair(4096);
        peer.emplace(std::move(other));
        EXPECT_TRUE(connection.write(text));
        connection = {};
        std::thread reader{[&] {
            while (heard.size() < text.size() && !heard.ends_with(">")) {
                heard += peer->hear();
            }
        }};
        on.world.stop();
        reader_thread = std::move(reader);
    }
    reader_thread.join();
    EXPECT_EQ(heard, text);
}

TEST_P(a_service, opens_a_listener_at_a_cost_independent_of_the_open_ones) {
    if (under_tsan) {
        GTEST_SKIP() << "TSan's own tables grow";
    }
    constexpr int first = 200;
    constexpr int many = 4000;
    std::vector<net::listener> open;
    // CPU time of this thread, independent of the machine's other load.
    const auto work_of_opening = [&](int count) {
        const auto began = thread_cpu_time();
        for (int i = 0; i < count; ++i) {
            const std::string name =
                "/tmp/cn-" + std::to_string(::getpid()) + "-" + std::to_string(open.size());
            try {
                open.push_back(on_.io.listen(net::unix_path{name}));
            } catch (const std::system_error&) {
                return std::chrono::nanoseconds::max();  // no more files allowed
            }
        }
        return thread_cpu_time() - began;
    };
    const auto early = work_of_opening(first);
    if (work_of_opening(many) == std::chrono::nanoseconds::max()) {
        GTEST_SKIP() << "this test opens 5,000 files: raise the limit (ulimit -n)";
    }
    const auto late = work_of_opening(first);
    EXPECT_LT(late, early * 10 + 20ms);
}

}  // namespace
}  // namespace coppice::test
