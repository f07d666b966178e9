// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <atomic>

#include "coppice/coppice.hpp"
#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice {
namespace {

std::vector<std::string> texts_of(const std::vector<report>& reports) {
    std::vector<std::string> out;
    for (const report& each : reports) {
        out.push_back(std::get<text_report>(each.body).text);
    }
    return out;
}

using texts = std::vector<std::string>;

TEST(report_reader, gets_reports_from_its_construction_on) {
    test::run_everywhere([]() -> task<> {
        log(report_level::error, "too early");
        report_reader reader{report_level::info};
        log(report_level::info, "first");
        log(report_level::debug, "too low");
        log(report_level::error, "second");
        EXPECT_EQ(texts_of(reader.take(1)), texts{"first"});
        EXPECT_EQ(texts_of(reader.take()), texts{"second"});
        EXPECT_EQ(texts_of(reader.take()), texts{});
        EXPECT_EQ(reader.dropped(), 0U);
        co_return;
    });
}

TEST(report_reader, drops_reports_beyond_its_capacity) {
    test::run_everywhere([]() -> task<> {
        report_reader reader{report_level::info, 2};
        for (const char* each : {"first", "second", "third"}) {
            log(report_level::info, each);
        }
        EXPECT_EQ(reader.dropped(), 1U);
        const texts kept{"first", "second"};
        EXPECT_EQ(texts_of(reader.take()), kept);
        log(report_level::info, "fourth");
        EXPECT_EQ(texts_of(reader.take()), texts{"fourth"});
        co_return;
    });
}

TEST(report_reader, reads_beside_others_and_beside_the_handler) {
    std::atomic<int> handled{0};
    runtime_options options;
    options.workers = 1;
    options.level = report_level::warning;
    options.on_report = [&handled](const report&) { ++handled; };
    runtime world{options};
    report_reader low = world.read_reports(report_level::debug);
    report_reader high = world.read_reports(report_level::error);
    world.log(report_level::debug, "low");
    world.log(report_level::warning, "middle");
    world.flush_reports();
    EXPECT_EQ(handled, 1);
    const texts both{"low", "middle"};
    EXPECT_EQ(texts_of(low.take()), both);
    EXPECT_EQ(texts_of(high.take()), texts{});
}

TEST(report_reader, that_was_destroyed_has_no_further_cost) {
    runtime world{{.workers = 1, .level = report_level::off}};
    {
        report_reader first = world.read_reports(report_level::debug);
        report_reader moved = std::move(first);
        report_reader second = world.read_reports(report_level::info);
        second = std::move(moved);
        world.log(report_level::debug, "read");
        EXPECT_EQ(texts_of(second.take()), texts{"read"});
    }
    world.log(report_level::error, "by nobody");  // is not built, else its event would be there
    EXPECT_EQ(world.recent_events().items.size(), 1U);
}

TEST(report_reader, may_outlive_its_runtime) {
    std::optional<report_reader> reader;
    {
        runtime world{{.workers = 1, .level = report_level::off}};
        reader.emplace(world.read_reports());
        world.log(report_level::error, "the last one");
    }
    EXPECT_EQ(texts_of(reader->take()), texts{"the last one"});
}

TEST(report_level_of_a_runtime, can_be_changed_while_it_runs) {
    std::atomic<int> handled{0};
    runtime_options options;
    options.workers = 1;
    options.level = report_level::error;
    options.on_report = [&handled](const report&) { ++handled; };
    runtime world{options};
    world.start();
    world.run([] {
        log(report_level::info, "not yet");
        EXPECT_EQ(set_report_level(report_level::info), report_level::error);
        log(report_level::info, "now");
        EXPECT_EQ(set_report_level(report_level::off), report_level::info);
        log(report_level::error, "no more");
    });
    EXPECT_EQ(world.set_report_level(report_level::debug), report_level::off);
    world.log(report_level::debug, "again");
    world.flush_reports();
    EXPECT_EQ(handled, 2);
}

}  // namespace
}  // namespace coppice
