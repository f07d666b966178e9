// SPDX-License-Identifier: Apache-2.0
// Levels and metadata of log lines.

#include "coppice/logger.hpp"

#include <mutex>
#include <thread>

#include "coppice/blocking.hpp"
#include "support/eventually.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using lines = std::vector<std::string>;

constexpr logger::module_log shop{"shop"};
constexpr logger::module_log payments{"shop.payments"};
constexpr logger::module_log shopping{"shopping"};

/// A text report as `level key=value … text`; empty for any other report.
std::string line_of(const report& r) {
    const auto* const text = std::get_if<text_report>(&r.body);
    if (text == nullptr) {
        return {};
    }
    std::string out{to_string(r.level)};
    for (const log_field& each : r.metadata) {
        out += " " + each.key + "=" + each.value;
    }
    return out + " " + text->text;
}

/// The lines of a simulated process at the first handler, with the level notice.
template <class Body>
lines lines_of(Body body) {
    lines out;
    for (const report& each : test::reports_of(body, report_level::notice)) {
        out.push_back(line_of(each));
    }
    return out;
}

TEST(metadata, is_on_each_line_of_its_process_in_the_order_of_the_keys_first_use) {
    const lines seen = lines_of([]() -> task<> {
        log(report_level::notice, "none");
        logger::set_metadata({{"request", "1"}, {"user", "ann"}});
        log(report_level::notice, "two");
        logger::set_metadata({{"request", "2"}});
        payments.log(report_level::notice, "with module", {{"amount", "7"}});
        logger::remove_metadata("request");
        log(report_level::notice, "one");
        EXPECT_EQ(logger::metadata().size(), 1U);
        logger::reset_metadata();
        log(report_level::notice, "none again");
        co_return;
    });
    EXPECT_EQ(seen, (lines{"notice none", "notice request=1 user=ann two",
                           "notice module=shop.payments request=2 user=ann amount=7 with module",
                           "notice user=ann one", "notice none again"}));
}

TEST(metadata, is_not_inherited_by_a_new_process_or_by_the_next_life_of_the_slot) {
    const lines seen = lines_of([]() -> task<> {
        logger::set_metadata({{"of", "parent"}});
        const auto first = [] {
            log(report_level::notice, "child");
            logger::set_metadata({{"of", "child"}});
        };
        const exit_reason ended = co_await test::end_of_new(first);
        EXPECT_EQ(ended, reason::normal);
        const auto second = [] { log(report_level::notice, "next"); };
        co_await test::end_of_new(second);
    });
    EXPECT_EQ(seen, (lines{"notice child", "notice next"}));
}

TEST(a_level_of_a_module, holds_for_the_module_and_for_all_below) {
    const lines seen = lines_of([]() -> task<> {
        logger::set_module_level("shop", report_level::debug);
        shop.debug("a");
        payments.debug("b");
        shopping.debug("not");
        log(report_level::debug, "not");
        logger::set_module_level("shop.payments", report_level::error);
        payments.warning("not");
        payments.error("c");
        shop.debug("d");
        logger::set_module_level("shop.payments", std::nullopt);
        payments.debug("e");
        logger::set_module_level("shop", report_level::off);
        payments.error("not");
        EXPECT_EQ(logger::module_level("shop.payments"), report_level::off);
        EXPECT_EQ(logger::module_level("shopping"), std::nullopt);
        co_return;
    });
    EXPECT_EQ(seen, (lines{"debug module=shop a", "debug module=shop.payments b",
                           "error module=shop.payments c", "debug module=shop d",
                           "debug module=shop.payments e"}));
}

TEST(a_level_of_a_process, counts_before_the_level_of_a_module) {
    const lines seen = lines_of([]() -> task<> {
        logger::set_module_level("shop", report_level::error);
        logger::set_process_level(self(), report_level::info);
        shop.info("a");
        log(report_level::info, "b");
        shop.debug("not");
        EXPECT_TRUE(shop.wants(report_level::info));
        EXPECT_FALSE(shop.wants(report_level::debug));
        logger::set_process_level(self(), report_level::off);
        log(report_level::error, "not");
        logger::set_process_level(self(), std::nullopt);
        shop.warning("not");
        log(report_level::notice, "c");
        co_return;
    });
    EXPECT_EQ(seen, (lines{"info module=shop a", "info b", "notice c"}));
}

TEST(a_level_of_a_process, has_no_effect_on_a_process_that_has_ended) {
    test::run_simulated([]() -> task<> {
        const monitored_process started = spawn_monitor([] {});
        co_await receive<down_message>();
        logger::set_process_level(started.process, report_level::debug);
        EXPECT_EQ(logger::process_level(started.process), std::nullopt);
    });
}

TEST(the_level_of_the_first_handler, changes_while_the_runtime_runs) {
    const lines seen = lines_of([]() -> task<> {
        log(report_level::info, "not");
        set_report_level(report_level::info);
        log(report_level::info, "a");
        set_report_level(report_level::error);
        log(report_level::warning, "not");
        co_return;
    });
    EXPECT_EQ(seen, (lines{"info a"}));
}

/// Keeps the lines of a runtime.
struct listening {
    listening() {
        runtime_options options;
        options.workers = 1;
        options.on_report = [this](const report& r) {
            const std::scoped_lock lock{mutex};
            heard.push_back(line_of(r));
        };
        world.emplace(options);
        world->start();
    }
    lines all() {
        world->flush_reports();
        const std::scoped_lock lock{mutex};
        return heard;
    }

    std::mutex mutex;
    lines heard;
    std::optional<runtime> world;
};

TEST(a_thread_that_is_no_process, logs_to_the_only_runtime_of_the_os_process) {
    listening only;
    std::thread{[] { shop.error("from a thread"); }}.join();
    log(report_level::error, "from the main thread");
    EXPECT_EQ(only.all(), (lines{"error module=shop from a thread", "error from the main thread"}));
}

TEST(a_thread_that_is_no_process, logs_to_the_runtime_of_its_innermost_scope) {
    listening first;
    listening second;
    {
        const logger::thread_scope outer{*first.world};
        log(report_level::error, "a");
        {
            const logger::thread_scope inner{*second.world};
            log(report_level::error, "b");
        }
        log(report_level::error, "c");
    }
    EXPECT_EQ(first.all(), (lines{"error a", "error c"}));
    EXPECT_EQ(second.all(), (lines{"error b"}));
}

TEST(a_blocking_function, logs_to_the_runtime_of_its_process) {
    listening first;
    listening second;
    const exit_reason ended = second.world->run([]() -> task<> {
        const auto works = [] { shop.warning("from the pool"); };
        auto waiting = blocking(works);
        co_await waiting;
    });
    EXPECT_EQ(ended, reason::normal);
    EXPECT_EQ(first.all(), lines{});
    EXPECT_EQ(second.all(), (lines{"warning module=shop from the pool"}));
}

TEST(a_level_set_from_outside, holds_for_the_given_runtime) {
    listening first;
    listening second;
    logger::set_module_level(*first.world, "shop", report_level::debug);
    for (listening* each : {&first, &second}) {
        const logger::thread_scope here{*each->world};
        shop.debug("deep");
    }
    EXPECT_EQ(first.all(), (lines{"debug module=shop deep"}));
    EXPECT_EQ(second.all(), lines{});
}

}  // namespace
}  // namespace coppice
