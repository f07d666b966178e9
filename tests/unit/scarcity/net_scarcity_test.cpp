// SPDX-License-Identifier: Apache-2.0
// Each allocation of the service's thread fails once, and then several in a row: every request gets an
// answer, and the service goes on.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../net/net_world.hpp"
#include "support/scarce_memory.hpp"

namespace coppice::test {
namespace {

/// A request of a process to a socket, and the arrival of the answer.
struct question {
    std::function<void()> ask;
    std::atomic<bool> asked{false};
    std::atomic<bool> answered{false};
};

/// May be passed to another process, since the test outlives the process.
struct questioner {
    explicit questioner(question& q) : asked{&q} {}
    question* asked;
};

task<> asks(questioner who) {
    question* const q = who.asked;
    q->ask();
    q->asked = true;
    const auto note = [q] { q->answered = true; };
    auto answer =
        receive([&](const net::accepted&) { note(); }, [&](const net::listen_failed&) { note(); },
                [&](const net::received&) { note(); }, [&](const net::disconnected&) { note(); },
                [&](const net::writable&) { note(); }, [&](const net::connected&) { note(); },
                [&](const net::connect_failed&) { note(); }, after(patience, [] {}));
    co_await answer;
}

/// Checks that a new connection works and carries data.
void expect_goes_on(net_world& on) {
    auto [connection, peer] = on.pair();
    EXPECT_TRUE(connection.write("still here"));
    EXPECT_EQ(peer.hear(), "still here");
}

/// `prepare(world, question)` sets the request, and returns the event that completes the request.
using preparation = std::function<std::function<void()>(net_world&, question&)>;

/// Whether an allocation failed.
bool is_answered_without(long nth, long row, const preparation& prepare) {
    SCOPED_TRACE("allocation " + std::to_string(nth) + ", and " + std::to_string(row - 1) +
                 " more, failed");
    const spared here;
    question q;
    // No spare scheduler thread may take over on a slow machine: its memory would run out too.
    net_world on{1, 1h};
    const std::function<void()> happens = prepare(on, q);
    on.run([] { is_spared_here() = true; });  // on the only scheduler thread
    bool came = false;
    {
        shortage_elsewhere missing{nth, row};
        const pid asker = on.world.spawn(asks, questioner{q});
        EXPECT_TRUE(eventually([&] { return q.asked.load(); }));
        happens();
        EXPECT_TRUE(on.world.wait(asker, patience).has_value());
        came = missing.came();
    }
    EXPECT_TRUE(q.answered);
    expect_goes_on(on);
    return came;
}

void is_answered_whatever_fails(const preparation& prepare) {
    for (const long row : {1L, 5L}) {
        bool came = true;
        for (long nth = 1; came && !::testing::Test::HasFailure(); ++nth) {
            ASSERT_LT(nth, 500) << "the test does not come to its end";
            came = is_answered_without(nth, row, prepare);
        }
    }
}

TEST(lack_of_memory, leaves_no_accept_request_unanswered) {
    is_answered_whatever_fails([](net_world& on, question& q) {
        const auto source = std::make_shared<const net::listener>(on.listen());
        q.ask = [source] { source->accept_next(self()); };
        return [source, peer = std::make_shared<std::optional<plain_peer>>()] {
            peer->emplace(source->port());
        };
    });
}

/// A request about a connection. `happens` may watch for the answer.
preparation about_a_connection(std::function<void(const net::socket&)> ask,
                               std::function<void(plain_peer&, const question&)> happens) {
    return [ask, happens](net_world& on, question& q) {
        auto both = std::make_shared<std::pair<net::socket, plain_peer>>(on.pair());
        q.ask = [both, ask] { ask(both->first); };
        return [both, happens, &q] { happens(both->second, q); };
    };
}

TEST(lack_of_memory, leaves_no_read_request_unanswered) {
    const auto reads = [](const net::socket& from) { from.read_next(self()); };
    is_answered_whatever_fails(about_a_connection(
        reads, [](plain_peer& peer, const question&) { peer.say(std::string(3000, 'x')); }));
    is_answered_whatever_fails(
        about_a_connection(reads, [](plain_peer& peer, const question&) { peer.leave(); }));
    is_answered_whatever_fails(
        about_a_connection(reads, [](plain_peer& peer, const question&) { peer.vanish(); }));
}

TEST(lack_of_memory, leaves_no_write_request_unanswered) {
    const auto fills = [](const net::socket& into) {
        const std::string block(16384, 'x');
        while (into.write(block)) {
        }
        into.write_next(self());
    };
    // The peer reads on, since the kernel decides how many bytes wait outside of the write buffer.
    is_answered_whatever_fails(about_a_connection(fills, [](plain_peer& peer, const question& q) {
        EXPECT_TRUE(eventually([&] {
            peer.hear(10ms);
            return q.answered.load();
        }));
    }));
}

TEST(lack_of_memory, leaves_no_connect_request_unanswered) {
    is_answered_whatever_fails([](net_world& on, question& q) {
        const auto source = std::make_shared<const net::listener>(on.listen());
        q.ask = [source, network = on.io.network()] {
            static_cast<void>(network.connect("127.0.0.1", source->port(), self()));
        };
        return [source] {};
    });
    is_answered_whatever_fails([](net_world& on, question& q) {
        const std::uint16_t nobodys = on.listen().port();  // a port without a listener
        q.ask = [nobodys, network = on.io.network()] {
            static_cast<void>(network.connect("127.0.0.1", nobodys, self()));
        };
        return [] {};
    });
}

/// Each allocation of the closing thread fails.
TEST(lack_of_memory, leaves_no_read_request_unanswered_at_a_close) {
    bool came = true;
    for (long nth = 1; came && !HasFailure(); ++nth) {
        ASSERT_LT(nth, 500) << "the test does not come to its end";
        SCOPED_TRACE("allocation " + std::to_string(nth) + " failed");
        question q;
        net_world on{1};
        auto [connection, peer] = on.pair();
        q.ask = [&] { connection.read_next(self()); };
        const pid asker = on.world.spawn(asks, questioner{q});
        EXPECT_TRUE(eventually([&] { return q.asked.load(); }));
        shortage missing{nth, 5};
        missing.begin();
        connection.close();
        came = missing.end();
        EXPECT_TRUE(on.world.wait(asker, patience).has_value());
        EXPECT_TRUE(q.answered);
        expect_goes_on(on);
    }
}

}  // namespace
}  // namespace coppice::test
