// SPDX-License-Identifier: Apache-2.0
// chat [--address A] [--port N] [--lines N] [--for SECONDS] [--inspect] [--dashboard PORT] [--config FILE]:
// serves until SIGINT, SIGTERM or the end of its time. --help lists all options.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <coppice/coppice.hpp>
#include <coppice/dashboard.hpp>
#include <coppice/net.hpp>
#include <coppice/program.hpp>
#include <expected>
#include <memory>
#include <string>
#include <system_error>

#include "chat/chat.hpp"
#include "chat/console.hpp"

namespace {

/// Requests the stop of the program after `time`.
coppice::task<> close_after(std::chrono::seconds time) {
    co_await coppice::sleep(time);
    coppice::request_stop();
}

struct chat_server {
    static constexpr std::string_view name = "chat";
    static constexpr std::string_view description = "A chat server: join with nc, and say /help.";

    static coppice::application::settings environment() {
        using coppice::application::setting;
        constexpr double port_max = 65'535;
        constexpr double lines_max = 1'000'000;
        constexpr double time_max = 10'000'000;
        return {{"address", "127.0.0.1", "the address to listen on"},
                setting{"port", 4040, "the port; 0 for a free port"}.between(0, port_max),
                setting{"lines", chat::limits{}.lines_a_second, "the lines a second of a client"}
                    .between(1, lines_max),
                setting::optional("for", coppice::application::value_type::integer,
                                  "stop after this number of seconds")
                    .between(1, time_max),
                setting::optional("dashboard", coppice::application::value_type::integer,
                                  "the port of the dashboard, with --inspect; 0 for a free port")
                    .between(0, port_max)};
    }

    coppice::task<std::expected<coppice::pid, coppice::exit_reason>> start() {
        using namespace coppice;
        const auto address = application::fetch_env<std::string>("chat", "address");
        const auto port = application::fetch_env<std::uint16_t>("chat", "port");
        chat::limits allowed;
        allowed.lines_a_second = application::fetch_env<int>("chat", "lines");
        net::listener source;
        try {
            source = network.listen(address, port);
        } catch (const std::system_error& error) {
            co_return std::unexpected{exit_reason::text(error.what())};
        }
        auto starting = chat::start_chat(source, allowed);
        const auto tree = co_await starting;
        if (!tree) {
            co_return std::unexpected{tree.error()};
        }
        if (const auto shown_at = application::get_env<std::uint16_t>("chat", "dashboard")) {
            auto showing = tree.value().start_child(dashboard::child({.port = *shown_at}));
            const child_result shown = co_await showing;
            if (!shown) {
                co_return std::unexpected{shown.error()};
            }
        }
        if (const auto time = application::get_env<int>("chat", "for")) {
            spawn(close_after, std::chrono::seconds{*time});
        }
        chat::out().say("chat: listening on " + source.address());
        co_return tree.process();
    }

    /// Belongs to the only runtime of the program.
    static inline coppice::net::network network;
};

/// Each client needs a file descriptor, and the usual limit is below the number of clients.
void allow_files(std::size_t clients) {
    rlimit limit{};
    const rlim_t wanted = clients + 100;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

coppice::application::program_options options() {
    coppice::application::program_options chosen;
    chosen.stop_deadline = std::chrono::seconds{5};
    // Reports go to the console thread, which may block.
    chosen.runtime.on_report = [](const coppice::report& r) { chat::err().say(to_string(r)); };
    chosen.outside = [](coppice::runtime& world) {
        auto io = std::make_shared<coppice::net::service>(world);
        chat_server::network = io->network();
        return io;
    };
    return chosen;
}

}  // namespace

int main(int count, char** words) {
    allow_files(chat::limits{}.clients);
    const int status = coppice::application::run<chat_server>(count, words, options());
    constexpr std::chrono::milliseconds flush_limit{300};
    chat::err().flush(flush_limit);
    chat::out().flush(flush_limit);
    return status;
}
