// SPDX-License-Identifier: Apache-2.0
// Goal: an environment has typed values and defaults. Values put earlier take precedence over defaults. A
// running application is told of changes.

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "support/applications.hpp"

namespace coppice {
namespace {

using namespace test;
using application::setting;
using application::table;
using application::value;
using application::value_list;

template <class F>
std::string what_it_throws(F f) {
    try {
        f();
    } catch (const badarg_error& error) {
        return error.what();
    }
    return "nothing";
}

TEST(environment, is_put_read_and_deleted_by_key) {
    run_everywhere([]() -> task<> {
        EXPECT_FALSE(application::get_env<int>("ap", "port").has_value());
        EXPECT_EQ(application::get_env("ap", "port", 7), 7);
        application::put_env("ap", "port", 8080);
        EXPECT_EQ(application::fetch_env<std::uint16_t>("ap", "port"), 8080);
        EXPECT_EQ(application::get_env("ap", "port", 7), 8080);
        application::delete_env("ap", "port");
        EXPECT_FALSE(application::find_env("ap", "port").has_value());
        EXPECT_EQ(what_it_throws([] { (void)application::fetch_env<int>("ap", "port"); }),
                  "the environment of application \"ap\": key \"port\" has no value; set the key "
                  "in the configuration, declare a default, or call get_env");
        co_return;
    });
}

TEST(environment, reads_a_value_as_no_other_type) {
    run_simulated([]() -> task<> {
        application::put_env("ap", "big", 70'000);
        EXPECT_EQ(application::fetch_env<std::int32_t>("ap", "big"), 70'000);
        EXPECT_EQ(application::fetch_env<double>("ap", "big"), 70'000.0);
        EXPECT_EQ(what_it_throws([] { (void)application::fetch_env<std::uint16_t>("ap", "big"); }),
                  "the environment of application \"ap\": key \"big\" is an integer, 70000, and "
                  "not an integer that fits the requested type");
        EXPECT_EQ(what_it_throws([] { (void)application::get_env<std::string>("ap", "big"); }),
                  "the environment of application \"ap\": key \"big\" is an integer, 70000, and "
                  "not a text");
        application::put_env("ap", "few", value_list{1, 2});
        EXPECT_EQ(application::fetch_env<std::vector<int>>("ap", "few"), (std::vector<int>{1, 2}));
        application::put_env("ap", "few", value_list{1, "two"});
        EXPECT_NE(
            what_it_throws([] { (void)application::fetch_env<std::vector<int>>("ap", "few"); }),
            "nothing");
        co_return;
    });
}

TEST(environment, has_tables_by_keys_with_dots) {
    run_simulated([]() -> task<> {
        application::put_env("ap", "db.host", "here");
        application::put_env("ap", "db.port", 5432);
        EXPECT_EQ(application::fetch_env<std::string>("ap", "db.host"), "here");
        EXPECT_EQ(to_string(application::get_all_env("ap")),
                  "{ db = { host = \"here\", port = 5432 } }");
        application::delete_env("ap", "db.host");
        EXPECT_EQ(application::fetch_env<table>("ap", "db").size(), 1U);
        co_return;
    });
}

TEST(a_value, holds_every_unsigned_number_up_to_the_largest_signed_one) {
    constexpr auto largest = static_cast<std::uint64_t>(INT64_MAX);
    EXPECT_EQ(value{std::uint8_t{255}}.as<int>(), 255);
    EXPECT_EQ(value{largest}.as<std::int64_t>(), INT64_MAX);
    EXPECT_THROW(value{largest + 1}, badarg_error);
    EXPECT_THROW(value{UINT64_MAX}, badarg_error);
}

TEST(values, print_in_toml_syntax) {
    EXPECT_EQ(to_string(value{true}), "true");
    EXPECT_EQ(to_string(value{-3}), "-3");
    EXPECT_EQ(to_string(value{2.0}), "2.0");
    EXPECT_EQ(to_string(value{0.5}), "0.5");
    EXPECT_EQ(to_string(value{"a \"b\"\n\x01"}), "\"a \\\"b\\\"\\n\\u0001\"");
    EXPECT_EQ(to_string(value{"\x7f\x1f"}), "\"\\u007F\\u001F\"");
    EXPECT_EQ(to_string(value{value_list{1, "x", value_list{}}}), "[1, \"x\", []]");
    EXPECT_EQ(to_string(value{table{{"b", 2}, {"a c", 1}}}), "{ \"a c\" = 1, b = 2 }");
    EXPECT_EQ(to_string(value{table{}}), "{}");
}

TEST(setting, accepts_its_type_within_its_bounds) {
    const setting port = setting{"port", 80, ""}.between(0, 65535);
    EXPECT_TRUE(port.accepts(0));
    EXPECT_TRUE(port.accepts(65535));
    EXPECT_FALSE(port.accepts(-1));
    EXPECT_FALSE(port.accepts(65536));
    EXPECT_FALSE(port.accepts(80.0));
    EXPECT_FALSE(port.accepts("80"));
    EXPECT_EQ(port.wants(), "an integer between 0 and 65535");
    const setting share{"share", 0.5, ""};
    EXPECT_TRUE(share.accepts(1));
    EXPECT_TRUE(share.accepts(0.25));
    EXPECT_FALSE(share.accepts(true));
    EXPECT_TRUE(share.accepts(std::numeric_limits<double>::quiet_NaN()));
    const setting part = setting{"part", 0.5, ""}.between(0, 1);
    EXPECT_TRUE(part.accepts(1.0));
    EXPECT_FALSE(part.accepts(1.001));
    EXPECT_FALSE(part.accepts(std::numeric_limits<double>::quiet_NaN()));
    const setting color = setting{"color", "red", ""}.one_of({"red", "green", "blue"});
    EXPECT_TRUE(color.accepts("green"));
    EXPECT_FALSE(color.accepts("gray"));
    EXPECT_EQ(color.wants(), "a text: red, green or blue");
}

struct declared : scripted_application<declared> {
    static constexpr std::string_view name = "declared";
    static application::settings environment() {
        return {{"port", 80, "where"}, setting::optional("key", application::value_type::text, "")};
    }
    void config_change(const application::changes& what) {
        note("changed " + to_string(what.changed) + " added " + to_string(what.added) +
             " removed " + std::to_string(what.removed.size()));
        if (is_told("declared", "config_change", "crash")) {
            throw std::runtime_error{"config_change"};
        }
    }
};

TEST(environment, holds_the_defaults_of_keys_that_were_never_put) {
    run_everywhere([]() -> task<> {
        application::load<declared>();
        EXPECT_EQ(application::fetch_env<int>("declared", "port"), 80);
        EXPECT_FALSE(application::find_env("declared", "key").has_value());
        application::put_env("declared", "port", 81);
        application::unload("declared");
        EXPECT_FALSE(application::find_env("declared", "port").has_value());
        application::put_env("declared", "port", 82);
        co_await application::start<declared>();
        EXPECT_EQ(application::fetch_env<int>("declared", "port"), 82);
    });
}

TEST(config_change, gets_the_changed_added_and_removed_settings) {
    run_everywhere([]() -> task<> {
        application::put_env("declared", "old", 1);
        co_await application::start<declared>();
        noted();
        table next{{"port", 81}, {"new", "x"}};
        const auto changed = co_await application::change_env("declared", next);
        EXPECT_EQ(test::shown(changed), "ok");
        EXPECT_EQ(noted(), "changed { port = 81 } added { new = \"x\" } removed 1");
        const auto same = co_await application::change_env("declared", next);
        EXPECT_EQ(test::shown(same), "ok");
        EXPECT_EQ(noted(), "");
        co_await application::stop<declared>();
        noted();
        const auto stopped = co_await application::change_env("declared", table{});
        EXPECT_EQ(test::shown(stopped), "ok");
        EXPECT_EQ(noted(), "");
        EXPECT_FALSE(application::find_env("declared", "port").has_value());
    });
}

TEST(config_change, that_crashes_leaves_the_application_running) {
    run_everywhere([]() -> task<> {
        co_await application::start<declared>(permanent);
        table next{{"config_change", "crash"}};
        const auto changed = co_await application::change_env("declared", next);
        EXPECT_FALSE(changed.has_value());
        EXPECT_EQ(names_of(application::which_applications()), "declared");
        EXPECT_TRUE(whereis("declared_top"));
        const auto ended = co_await application::stop<declared>();
        EXPECT_EQ(test::shown(ended), "ok");
    });
}

TEST(application_reports, tell_progress_and_exits) {
    std::vector<std::string> told;
    runtime_options options;
    options.level = report_level::info;
    options.on_report = [&](const report& r) {
        if (const auto* begun = std::get_if<application_progress_report>(&r.body)) {
            told.push_back(std::string{to_string(r.level)} + " " + begun->application);
        } else if (const auto* ended = std::get_if<application_exit_report>(&r.body)) {
            told.push_back(std::string{to_string(r.level)} + " " + ended->application + " " +
                           to_string(ended->exited) + " " + std::string{to_string(ended->type)});
        }
    };
    testing::sim_world world{1, options};
    const auto ended = world.run([]() -> task<> {
        co_await application::start<ap>();
        co_await application::stop<ap>();
        co_await application::start<ap>(transient);
        co_await end_top("ap", reason::normal);
        co_await until_ended("ap");
        application::put_env("ap", "start", "error");
        co_await application::start<ap>();
    });
    EXPECT_EQ(ended, reason::normal);
    EXPECT_EQ(told, (std::vector<std::string>{"info ap", "notice ap stopped temporary", "info ap",
                                              "notice ap normal transient",
                                              "notice ap {no_luck,{ap,start,normal}} temporary"}));
}

}  // namespace
}  // namespace coppice
