// SPDX-License-Identifier: Apache-2.0
// Operations of Asio, awaited in processes.

#include "coppice/asio_await.hpp"

#include <asio.hpp>
#include <thread>

#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_on_workers;

/// An io_context on a thread.
class loop {
  public:
    loop() : thread_{[this] { io.run(); }} {}
    ~loop() {
        work_.reset();
        io.stop();
        thread_.join();
    }
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_;
};

using local = asio::local::stream_protocol::socket;

TEST(an_operation_of_asio, ends_the_wait_of_its_process) {
    loop runs;
    run_on_workers(2, [&runs]() -> task<> {
        const auto timer = std::make_shared<asio::steady_timer>(runs.io, 1ms);
        auto waiting = timer->async_wait(use_process.keeping(timer));
        co_await waiting;
    });
}

TEST(an_operation_of_asio, gives_its_value_and_its_error) {
    loop runs;
    run_on_workers(2, [&runs]() -> task<> {
        const auto near = std::make_shared<local>(runs.io);
        const auto far = std::make_shared<local>(runs.io);
        asio::local::connect_pair(*near, *far);
        const auto sent = std::make_shared<std::string>("hello");
        auto writing =
            asio::async_write(*near, asio::buffer(*sent), use_process.keeping(sent, near));
        EXPECT_EQ(co_await writing, 5U);
        const auto got = std::make_shared<std::string>(64, '\0');
        auto reading = far->async_read_some(asio::buffer(*got), use_process.keeping(got, far));
        EXPECT_EQ(co_await reading, 5U);
        EXPECT_EQ(got->substr(0, 5), "hello");
        near->close();
        auto ending =
            far->async_read_some(asio::buffer(*got), use_process_for_result.keeping(got, far));
        const auto end = co_await ending;
        EXPECT_EQ(end.error(), asio::error::eof);
        far->close();  // a second read of the end may wait for ever: the end is told once
        bool thrown = false;
        try {
            auto again = far->async_read_some(asio::buffer(*got), use_process.keeping(got, far));
            co_await again;
        } catch (const std::system_error& error) {
            thrown = error.code() == asio::error::bad_descriptor;
        }
        EXPECT_TRUE(thrown);
    });
}

TEST(a_process_that_is_killed, does_not_wait_for_its_operation_of_asio) {
    loop runs;
    run_on_workers(2, [&runs]() -> task<> {
        const pid main = self();
        const monitored_process waits = spawn_monitor([&runs, main]() -> task<> {
            const auto timer = std::make_shared<asio::steady_timer>(runs.io, 1h);
            auto waiting = timer->async_wait(use_process);
            send(main, 1);
            co_await waiting;
        });
        co_await receive<int>();
        exit(waits.process, reason::kill);
        const down_message down = co_await receive<down_message>();
        EXPECT_EQ(down.why, reason::killed);
    });
}

TEST(an_operation_of_asio, is_refused_in_a_simulation) {
    asio::io_context io;
    test::run_simulated([&io]() -> task<> {
        asio::steady_timer timer{io, 1ms};
        bool refused = false;
        try {
            auto waiting = timer.async_wait(use_process);
            co_await waiting;
        } catch (const std::logic_error&) {
            refused = true;
        }
        EXPECT_TRUE(refused);
    });
}

}  // namespace
}  // namespace coppice
