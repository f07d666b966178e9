// SPDX-License-Identifier: Apache-2.0

#include "observe/report_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/eventually.hpp"
#include "support/worlds.hpp"

namespace coppice::observe {
namespace {

report numbered(std::size_t number) {
    report out;
    out.body = text_report{std::to_string(number)};
    return out;
}

TEST(report_hub, hands_out_in_order) {
    std::vector<std::string> seen;
    report_hub hub{report_level::info,
                   [&](const report& r) { seen.push_back(std::get<text_report>(r.body).text); },
                   delivery::on_own_thread};
    for (std::size_t i = 0; i < 3; ++i) {
        hub.publish(numbered(i));
    }
    hub.flush();
    EXPECT_EQ(seen, (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(hub.lost(), 0U);
}

TEST(report_hub, continues_after_a_throwing_handler_and_counts_the_lost_report) {
    int handled = 0;
    report_hub hub{report_level::info,
                   [&](const report&) {
                       if (++handled == 1) {
                           throw std::runtime_error{"the disk is full"};
                       }
                   },
                   delivery::on_own_thread};
    hub.publish(numbered(1));
    hub.publish(numbered(2));
    hub.flush();
    EXPECT_EQ(handled, 2);
    EXPECT_EQ(hub.lost(), 1U);
}

TEST(report_hub, keeps_a_bounded_number_behind_a_handler_that_blocks_and_counts_the_rest) {
    std::promise<void> entered;
    std::promise<void> let_go;
    std::size_t handled = 0;
    report_hub hub{report_level::info,
                   [&, open = let_go.get_future().share()](const report&) {
                       if (handled++ == 0) {
                           entered.set_value();
                           open.wait();
                       }
                   },
                   delivery::on_own_thread};
    hub.publish(numbered(0));
    entered.get_future().wait();
    for (std::size_t i = 0; i < report_hub::queue_max + 5; ++i) {
        hub.publish(numbered(i));
    }
    EXPECT_EQ(hub.lost(), 5U);
    let_go.set_value();
    hub.flush();
    EXPECT_EQ(handled, report_hub::queue_max + 2)
        << "the kept ones, and one that tells of the rest";
}

/// Precondition: a text report.
std::string text_of(const report& r) {
    return std::get<text_report>(r.body).text;
}

TEST(report_hub, notes_the_number_of_dropped_reports_in_their_place) {
    std::promise<void> entered;
    std::promise<void> let_go;
    std::vector<std::string> seen;
    std::vector<report_level> levels;
    report_hub hub{report_level::error,
                   [&, open = let_go.get_future().share()](const report& r) {
                       seen.push_back(text_of(r));
                       levels.push_back(r.level);
                       if (seen.size() == 1) {
                           entered.set_value();
                           open.wait();
                       }
                   },
                   delivery::on_own_thread};
    hub.publish(numbered(0));
    entered.get_future().wait();
    for (std::size_t i = 1; i <= report_hub::queue_max + 3; ++i) {
        hub.publish(numbered(i));
    }
    let_go.set_value();
    hub.flush();
    hub.publish(numbered(7));
    hub.flush();

    ASSERT_EQ(seen.size(), report_hub::queue_max + 3);
    EXPECT_EQ(seen[report_hub::queue_max], std::to_string(report_hub::queue_max));
    EXPECT_EQ(seen[report_hub::queue_max + 1],
              "3 reports were dropped here: the handler of reports was too slow");
    EXPECT_EQ(levels[report_hub::queue_max + 1], report_level::error) << "shown at that level";
    EXPECT_EQ(seen.back(), "7");
    EXPECT_EQ(hub.lost(), 3U);
}

TEST(report_hub, dates_the_note_of_dropped_reports_by_the_last_of_these_reports) {
    std::promise<void> entered;
    std::promise<void> let_go;
    std::vector<std::chrono::system_clock::time_point> times;
    report_hub hub{report_level::info,
                   [&, open = let_go.get_future().share()](const report& r) {
                       times.push_back(r.time);
                       if (times.size() == 1) {
                           entered.set_value();
                           open.wait();
                       }
                   },
                   delivery::on_own_thread};
    const auto publish_at = [&hub](std::chrono::seconds second) {
        report made = numbered(0);
        made.time = std::chrono::system_clock::time_point{second};
        hub.publish(std::move(made));
    };
    publish_at(std::chrono::seconds{1});
    entered.get_future().wait();
    for (std::size_t i = 0; i < report_hub::queue_max; ++i) {
        publish_at(std::chrono::seconds{2});
    }
    publish_at(std::chrono::seconds{3});
    publish_at(std::chrono::seconds{4});
    let_go.set_value();
    hub.flush();
    ASSERT_EQ(times.size(), report_hub::queue_max + 2);
    EXPECT_EQ(times.back(), std::chrono::system_clock::time_point{std::chrono::seconds{4}});
}

TEST(report_hub, fails_a_flush_with_a_limit_while_a_report_is_in_the_handler) {
    std::promise<void> entered;
    std::promise<void> let_go;
    report_hub hub{report_level::info,
                   [&, open = let_go.get_future().share()](const report&) {
                       entered.set_value();
                       open.wait();
                   },
                   delivery::on_own_thread};
    hub.publish(numbered(0));
    entered.get_future().wait();  // no other report is waiting
    EXPECT_FALSE(hub.flush(std::chrono::milliseconds{1}));
    let_go.set_value();
    EXPECT_TRUE(hub.flush(test::patience));
}

TEST(report_hub, does_not_let_its_handler_wait_for_itself) {
    for (const delivery how : {delivery::on_own_thread, delivery::at_once}) {
        report_hub* asked = nullptr;
        std::vector<bool> answers;
        report_hub hub{report_level::info,
                       [&](const report&) {
                           answers.push_back(asked->is_in_handler());
                           answers.push_back(asked->flush());
                       },
                       how};
        asked = &hub;
        hub.publish(numbered(0));
        EXPECT_TRUE(hub.flush(test::patience));
        EXPECT_EQ(answers, (std::vector<bool>{true, false}));
        EXPECT_FALSE(hub.is_in_handler());
    }
}

TEST(report_hub, delivers_reports_of_its_handler_after_the_current_report) {
    report_hub* asked = nullptr;
    std::vector<std::string> seen;
    report_hub hub{report_level::info,
                   [&](const report& r) {
                       seen.push_back("begin " + text_of(r));
                       if (text_of(r) == "1") {
                           asked->publish(numbered(2));
                           asked->publish(numbered(3));
                       }
                       seen.push_back("end " + text_of(r));
                   },
                   delivery::at_once};
    asked = &hub;
    hub.publish(numbered(1));
    EXPECT_EQ(seen, (std::vector<std::string>{"begin 1", "end 1", "begin 2", "end 2", "begin 3",
                                              "end 3"}));
}

TEST(report_hub, stops_a_handler_that_publishes_a_report_for_each_report) {
    report_hub* asked = nullptr;
    std::size_t handled = 0;
    report_hub hub{report_level::info,
                   [&](const report&) {
                       ++handled;
                       asked->publish(numbered(handled));
                   },
                   delivery::at_once};
    asked = &hub;
    hub.publish(numbered(0));
    EXPECT_EQ(handled, report_hub::queue_max);
    EXPECT_EQ(hub.lost(), 1U);
}

TEST(report_hub, wants_no_report_below_its_level_and_none_when_off) {
    const report_hub warnings{report_level::warning, {}, delivery::at_once};
    EXPECT_FALSE(warnings.wants(report_level::info));
    EXPECT_TRUE(warnings.wants(report_level::warning));
    const report_hub nothing{report_level::off, {}, delivery::at_once};
    EXPECT_FALSE(nothing.wants(report_level::error));
    EXPECT_FALSE(nothing.wants(report_level::off));
}

/// Counts the calls of its `to_string`.
struct costly {
    void handle_cast(int) { throw std::runtime_error{"x"}; }
    friend std::string to_string(const costly&) {
        ++printed;
        return "costly";
    }
    static inline int printed = 0;
};

int times_printed_at(report_level level) {
    costly::printed = 0;
    runtime_options options = testing::sim_world::quiet();
    options.level = level;
    options.on_report = [](const report&) {};
    testing::sim_world world{1, options};
    world.run([]() -> task<> {
        const auto started = co_await start<costly>();
        started.value().cast(1);
    });
    world.run_until_idle();
    return costly::printed;
}

TEST(reports, of_a_level_that_is_off_are_not_even_built) {
    EXPECT_GT(times_printed_at(report_level::error), 0);
    EXPECT_EQ(times_printed_at(report_level::off), 0);
}

}  // namespace
}  // namespace coppice::observe
