// SPDX-License-Identifier: Apache-2.0
// Telemetry written by spdlog: failed calls, restarts, and spans of the application.

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <coppice/coppice.hpp>
#include <coppice/telemetry.hpp>

#include <stdexcept>

using namespace coppice;
using namespace std::chrono_literals;

/// Loggers of spdlog with `_mt` sinks are safe on all scheduler threads at once.
void write_telemetry_to(std::shared_ptr<spdlog::logger> log) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    const auto ms = [](auto time) { return duration_cast<milliseconds>(time).count(); };
    telemetry::attach(
        "spdlog",
        [log, ms](const telemetry::call_exception& e) {
            log->warn("{} to {} failed after {} ms: {}", e.request_type(), e.name, ms(e.duration),
                      to_string(e.how));
        },
        [log](const telemetry::child_restart& e) {
            log->warn("{} was restarted, attempt {}: {}", e.child, e.attempt, e.reason);
        },
        [log, ms](const telemetry::span_stop& e) {
            log->info("{} took {} ms", e.name, ms(e.duration));
        },
        [log, ms](const telemetry::span_exception& e) {
            log->error("{} failed after {} ms: {}", e.name, ms(e.duration), to_string(e.why));
        });
}

struct printer {
    struct print {
        int pages = 1;
    };
    task<int> handle_call(print job) {
        co_await sleep(job.pages * 20ms);
        if (job.pages > 10) {
            throw std::runtime_error{"paper jam"};
        }
        co_return job.pages;
    }
};

task<> app() {
    const auto log =
        std::make_shared<spdlog::logger>("shop", std::make_shared<spdlog::sinks::stdout_sink_mt>());
    log->set_pattern("[%l] %v");
    write_telemetry_to(log);
    co_await supervisor::start_link(children(child<printer>().id("printer").name("printer")));

    const server<printer> one{"printer"};
    const auto brochure = [one]() -> task<> {
        const printer::print job{5};
        co_await one.call(job);
    };
    co_await telemetry::span("brochure", brochure);
    const printer::print poster{20};
    co_await one.try_call(poster);
    telemetry::span("invoice", [] { /* nothing to print */ });
    co_await sleep(200ms);  // The observer polls every 100 ms.
}

int main() {
    return coppice::run(app, {.level = report_level::off});
}
