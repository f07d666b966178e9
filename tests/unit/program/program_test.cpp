// SPDX-License-Identifier: Apache-2.0
// Goal: application::run makes a whole program: configures, starts, serves, reads the configuration again,
// stops, and reports the end by status and a line.
//
// Processes of the waiting run send the signals to the whole test program.

#include "coppice/program.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/program_files.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::scratch_file;
using test::set_variable;

[[maybe_unused]] const bool signals_are_heard = ::signal(SIGINT, SIG_DFL) != SIG_ERR &&
                                                ::signal(SIGTERM, SIG_DFL) != SIG_ERR &&
                                                ::signal(SIGHUP, SIG_DFL) != SIG_ERR;

void signal_this_program(int number) {
    ASSERT_EQ(::kill(::getpid(), number), 0);
}

/// The notes of a test, from any thread.
class journal {
  public:
    void note(std::string line) {
        const std::scoped_lock lock{mutex_};
        lines_.push_back(std::move(line));
    }
    std::vector<std::string> take() {
        const std::scoped_lock lock{mutex_};
        return std::move(lines_);
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

struct base {
    static constexpr std::string_view name = "base";
};

/// Has one child, which runs the test's script.
struct served {
    static constexpr std::string_view name = "served";
    static constexpr std::string_view version = "1.2.3";
    using depends_on = application::classes<base>;

    static application::settings environment() {
        return {application::setting{"port", 80, "the port to listen on"}.between(0, 65535),
                {"word", "x", "what it says"}};
    }
    auto start() {
        if (fails_to_start) {
            exit("no_luck");
        }
        return supervisor::start_link(
            children(child("script", [] { return script(); }).restart(temporary)),
            {.name = "served_top"});
    }
    void config_change(const application::changes& what) { on_change(what); }
    void stop() { said.note("stopped"); }

    static inline journal said;
    static inline bool fails_to_start = false;
    static inline std::function<task<>()> script;
    static inline std::function<void(const application::changes&)> on_change;
};

struct outcome {
    int status;
    std::string out;
    std::string err;
};

/// Runs the program with `words` and `script`.
outcome run_with(std::vector<std::string> words, std::function<task<>()> script,
                 report_handler on_report = {}) {
    served::script = std::move(script);
    served::said.take();
    words.insert(words.begin(), "served");
    std::vector<char*> pointers;
    for (std::string& each : words) {
        pointers.push_back(each.data());
    }
    pointers.push_back(nullptr);
    application::program_options options;
    options.runtime.workers = 2;
    options.runtime.level = on_report ? report_level::notice : report_level::off;
    options.runtime.on_report = std::move(on_report);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int status = application::run<served>(static_cast<int>(words.size()), pointers.data(),
                                                std::move(options));
    return {status, ::testing::internal::GetCapturedStdout(),
            ::testing::internal::GetCapturedStderr()};
}

task<> stop_now() {
    request_stop();
    co_return;
}

TEST(program, runs_until_a_stop_request) {
    const outcome how = run_with({}, stop_now);
    EXPECT_EQ(how.status, 0);
    EXPECT_EQ(how.err, "served: stopped\n");
    EXPECT_EQ(served::said.take(), std::vector<std::string>{"stopped"});
}

/// Writes to a pipe without a reader.
task<> write_into_the_void(int& error) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    ::close(ends[0]);
    error = ::write(ends[1], "x", 1) < 0 ? errno : 0;
    ::close(ends[1]);
    request_stop();
    co_return;
}

TEST(program, survives_a_broken_output_pipe) {
    ::signal(SIGPIPE, SIG_DFL);
    int error = 0;
    const outcome how = run_with({}, [&error] { return write_into_the_void(error); });
    EXPECT_EQ(error, EPIPE);
    EXPECT_EQ(how.status, 0);
}

std::atomic<int> broken_pipes{0};
void on_broken_pipe(int /*signal*/) {
    ++broken_pipes;
}

TEST(program, leaves_a_handler_of_its_own_for_broken_pipes) {
    broken_pipes = 0;
    ::signal(SIGPIPE, &on_broken_pipe);
    int error = 0;
    const outcome how = run_with({}, [&error] { return write_into_the_void(error); });
    ::signal(SIGPIPE, SIG_DFL);
    EXPECT_EQ(error, EPIPE);
    EXPECT_EQ(broken_pipes, 1);
    EXPECT_EQ(how.status, 0);
}

TEST(program, stops_in_order_at_a_signal) {
    for (const int number : {SIGINT, SIGTERM}) {
        const outcome how = run_with({}, [number]() -> task<> {
            signal_this_program(number);
            co_return;
        });
        EXPECT_EQ(how.status, 0);
        EXPECT_EQ(how.err, number == SIGINT ? "served: stopped by SIGINT\n"
                                            : "served: stopped by SIGTERM\n");
        EXPECT_EQ(served::said.take(), std::vector<std::string>{"stopped"});
    }
}

TEST(program, is_forced_by_a_second_signal) {
    for (const int number : {SIGINT, SIGTERM}) {
        const outcome how = run_with({}, [number]() -> task<> {
            trap_exit(true);
            signal_this_program(number);
            co_await receive<exit_message>();
            signal_this_program(number);
            co_await receive<int>();
        });
        EXPECT_EQ(how.status, 128 + number);
        EXPECT_NE(how.err.find("came again"), std::string::npos) << how.err;
    }
}

TEST(program, answers_1_and_says_which_application_did_not_start) {
    served::fails_to_start = true;
    const outcome how = run_with({}, stop_now);
    served::fails_to_start = false;
    EXPECT_EQ(how.status, 1);
    EXPECT_EQ(how.err, "served: application served did not start: no_luck\n");
}

TEST(program, answers_1_and_says_which_application_ended) {
    const outcome how = run_with({}, []() -> task<> {
        const pid top = whereis("served_top");
        spawn([top]() -> task<> { co_await stop(top, "enough"); });
        co_return;
    });
    EXPECT_EQ(how.status, 1);
    EXPECT_EQ(how.err, "served: application served ended unexpectedly: enough\n");
    EXPECT_EQ(served::said.take(), std::vector<std::string>{"stopped"});
}

TEST(program, exits_with_2_and_starts_nothing_on_an_invalid_command_line_or_file) {
    const auto refused = [](std::vector<std::string> words) {
        const outcome how = run_with(std::move(words), stop_now);
        EXPECT_EQ(how.status, 2);
        EXPECT_TRUE(how.err.starts_with("served: ")) << how.err;
        EXPECT_EQ(served::said.take(), std::vector<std::string>{});
    };
    refused({"--port", "65536"});
    refused({"--port"});
    refused({"--prot", "1"});
    refused({"surplus"});
    refused({"--set", "served.prot=1"});
    refused({"--set", "port=1"});
    refused({"--set", "served.port"});
    refused({"--config", "/nowhere"});
    refused({"--config"});
    const scratch_file file{"[served]\nport = 1\nprot = 1\nword = 1\n"};
    const outcome how = run_with({"--config", file.path()}, stop_now);
    EXPECT_EQ(how.status, 2);
    EXPECT_EQ(how.err, "served: " + file.path() +
                           ":3:1: served has no setting prot; it has port, word\nserved: " +
                           file.path() + ":4:8: served.word has to be a text, and is 1\n");
}

TEST(program, prints_its_version_and_lists_its_options) {
    const outcome version = run_with({"--version"}, stop_now);
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out, "served 1.2.3\n");
    const outcome help = run_with({"--help"}, stop_now);
    EXPECT_EQ(help.status, 0);
    EXPECT_NE(help.out.find("--port NUMBER"), std::string::npos) << help.out;
    EXPECT_NE(help.out.find("the port to listen on (SERVED_PORT; 80 unless set)"),
              std::string::npos)
        << help.out;
    EXPECT_EQ(served::said.take(), std::vector<std::string>{});
}

task<> tell_environment() {
    served::said.note(to_string(application::get_all_env("served")) +
                      to_string(application::get_all_env("base")));
    request_stop();
    co_return;
}

TEST(program, gives_its_applications_their_environments) {
    const scratch_file file{"[served]\nport = 1\n[base]\ndepth = 3\n"};
    const set_variable word{"SERVED_WORD", "from outside"};
    const outcome how =
        run_with({"--config", file.path(), "--set", "base.depth=4", "--port=2"}, tell_environment);
    EXPECT_EQ(how.status, 0) << how.err;
    EXPECT_EQ(served::said.take().at(0), "{ port = 2, word = \"from outside\" }{ depth = 4 }");
}

TEST(program, reads_its_configuration_again_at_a_hangup) {
    const scratch_file file{"[served]\nport = 1\n"};
    served::on_change = [](const application::changes& what) {
        served::said.note(to_string(what.changed) + to_string(application::get_all_env("served")));
        request_stop();
    };
    const outcome how = run_with({"--config", file.path(), "--word", "y"}, [&]() -> task<> {
        file.write("[served]\nport = 2\nword = \"z\"\n");
        signal_this_program(SIGHUP);
        co_return;
    });
    EXPECT_EQ(how.status, 0) << how.err;
    EXPECT_EQ(served::said.take(),
              (std::vector<std::string>{"{ port = 2 }{ port = 2, word = \"y\" }", "stopped"}));
}

TEST(program, keeps_its_configuration_if_the_new_one_does_not_fit) {
    const scratch_file file{"[served]\nport = 1\n"};
    served::on_change = [](const application::changes& what) {
        served::said.note(to_string(what.changed));
        request_stop();
    };
    std::atomic<bool> was_told{false};
    const auto on_report = [&](const report& r) {
        const auto* text = std::get_if<text_report>(&r.body);
        if (text != nullptr && r.level == report_level::error) {
            served::said.note(text->text);
            was_told = true;
        }
    };
    const auto script = [&]() -> task<> {
        file.write("[served]\nport = 70000\n");
        signal_this_program(SIGHUP);
        while (!was_told) {
            co_await sleep(1ms);
        }
        served::said.note(to_string(application::get_all_env("served")));
        file.write("[served]\nport = 3\n");
        signal_this_program(SIGHUP);
    };
    const outcome how = run_with({"--config", file.path()}, script, on_report);
    EXPECT_EQ(how.status, 0) << how.err;
    EXPECT_EQ(served::said.take(),
              (std::vector<std::string>{
                  "served: the configuration is unchanged: " + file.path() +
                      ":2:8: served.port has to be an integer between 0 and 65535, and is 70000",
                  "{ port = 1, word = \"x\" }", "{ port = 3 }", "stopped"}));
}

/// A service manager's socket: a path, or an abstract name.
class notify_socket {
  public:
    explicit notify_socket(std::string name) : name_{std::move(name)} {
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name_.data(), name_.size());
        if (name_[0] == '@') {
            address.sun_path[0] = '\0';
        }
        const auto size = offsetof(sockaddr_un, sun_path) + name_.size() + (is_path() ? 1U : 0U);
        EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                         static_cast<socklen_t>(size)),
                  0);
    }
    notify_socket(const notify_socket&) = delete;
    notify_socket& operator=(const notify_socket&) = delete;
    ~notify_socket() {
        ::close(socket_);
        if (is_path()) {
            ::unlink(name_.c_str());
        }
    }

    const std::string& name() const { return name_; }
    /// The messages received since the last call.
    std::vector<std::string> heard() const {
        std::vector<std::string> out;
        std::array<char, 256> bytes{};
        for (ssize_t got = 0; (got = ::recv(socket_, bytes.data(), bytes.size(), 0)) >= 0;) {
            out.emplace_back(bytes.data(), static_cast<std::size_t>(got));
        }
        return out;
    }

  private:
    bool is_path() const { return name_[0] == '/'; }
    std::string name_;
    int socket_ = -1;
};

class notified : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(sockets, notified,
                         ::testing::Values(::testing::TempDir() + "coppice_notify_" +
                                               std::to_string(::getpid()),
                                           "@coppice_notify_" + std::to_string(::getpid())));

TEST_P(notified, a_service_manager_gets_ready_reloading_and_stopping) {
    const notify_socket manager{GetParam()};
    const set_variable socket{"NOTIFY_SOCKET", manager.name()};
    const scratch_file file;
    served::on_change = [](const application::changes&) { request_stop(); };
    const outcome how = run_with({"--config", file.path()}, [&]() -> task<> {
        while (manager.heard() != std::vector<std::string>{"READY=1"}) {
            co_await sleep(1ms);
        }
        file.write("[served]\nport = 2\n");
        signal_this_program(SIGHUP);
    });
    EXPECT_EQ(how.status, 0) << how.err;
    const std::vector<std::string> heard = manager.heard();
    ASSERT_GE(heard.size(), 2U);
    EXPECT_TRUE(heard.front().starts_with("RELOADING=1\nMONOTONIC_USEC=")) << heard.front();
    EXPECT_EQ(heard.back(), "STOPPING=1");
}

TEST(service_manager, gets_watchdog_messages_at_its_interval) {
    const notify_socket manager{"@coppice_watchdog_" + std::to_string(::getpid())};
    const set_variable socket{"NOTIFY_SOCKET", manager.name()};
    const set_variable time{"WATCHDOG_USEC", "2000"};
    const outcome how = run_with({}, [&]() -> task<> {
        for (int alive = 0; alive < 5;) {
            for (const std::string& each : manager.heard()) {
                alive += each == "WATCHDOG=1" ? 1 : 0;
            }
            co_await sleep(1ms);
        }
        request_stop();
    });
    EXPECT_EQ(how.status, 0) << how.err;
}

TEST(service_manager, gets_no_watchdog_messages_meant_for_another_program) {
    const notify_socket manager{"@coppice_other_" + std::to_string(::getpid())};
    const set_variable socket{"NOTIFY_SOCKET", manager.name()};
    const set_variable time{"WATCHDOG_USEC", "1"};
    const set_variable whose{"WATCHDOG_PID", "1"};
    const outcome how = run_with({}, [&]() -> task<> {
        while (manager.heard() != std::vector<std::string>{"READY=1"}) {
            co_await sleep(1ms);
        }
        co_await sleep(5ms);
        request_stop();
    });
    EXPECT_EQ(how.status, 0) << how.err;
    EXPECT_EQ(manager.heard(), std::vector<std::string>{"STOPPING=1"});
}

TEST(program, starts_and_stops_children_beside_its_applications) {
    std::vector<std::string> words{"served"};
    std::vector<char*> pointers{words[0].data(), nullptr};
    std::atomic<bool> is_beside{false};
    served::script = [&]() -> task<> {
        while (!is_beside) {
            co_await sleep(1ms);
        }
        request_stop();
    };
    served::said.take();
    application::program_options options;
    options.runtime.level = report_level::off;
    options.outside = [](runtime&) {
        served::said.note("outside made");
        return std::shared_ptr<void>{nullptr, [](void*) { served::said.note("outside gone"); }};
    };
    const auto beside = [&is_beside]() -> task<> {
        trap_exit(true);
        served::said.note("beside");
        is_beside = true;
        co_await receive<exit_message>();
        served::said.note("beside asked");
    };
    options.beside = children(child("beside", beside));
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(application::run<served>(1, pointers.data(), std::move(options)), 0);
    ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(served::said.take(), (std::vector<std::string>{"outside made", "beside", "stopped",
                                                             "beside asked", "outside gone"}));
}

}  // namespace
}  // namespace coppice
