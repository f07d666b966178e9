// SPDX-License-Identifier: Apache-2.0
// Goal: an application starts after its dependencies. If one start fails, the others are undone.

#include <gtest/gtest.h>

#include "support/applications.hpp"

namespace coppice {
namespace {

using namespace test;

std::string shown(const std::expected<std::vector<std::string>, exit_reason>& result) {
    if (!result) {
        return to_string(result.error());
    }
    std::string out;
    for (const std::string& each : *result) {
        out += (out.empty() ? std::string{} : std::string{" "}) + each;
    }
    return out;
}

TEST(dependencies, must_be_started_first) {
    run_everywhere([]() -> task<> {
        const auto begun = co_await application::start<right>();
        EXPECT_EQ(test::shown(begun), "{not_started,bottom}");
        co_await application::start<bottom>();
        const auto again = co_await application::start<right>();
        EXPECT_EQ(test::shown(again), "ok");
    });
}

TEST(ensure_all_started, starts_depth_first_and_returns_the_started_applications) {
    run_everywhere([]() -> task<> {
        co_await application::start<library>();
        const auto all = co_await application::ensure_all_started<roof>();
        EXPECT_EQ(shown(all), "bottom left right roof");
        EXPECT_EQ(names_of(application::which_applications()), "roof right left bottom library");
        const auto again = co_await application::ensure_all_started<roof>();
        EXPECT_EQ(shown(again), "");
    });
}

TEST(ensure_all_started, stops_the_started_applications_newest_first_if_one_fails) {
    run_everywhere([]() -> task<> {
        co_await application::start<library>();
        application::put_env("roof", "start", "error");
        const auto all = co_await application::ensure_all_started<roof>();
        EXPECT_EQ(shown(all), "{roof,{no_luck,{roof,start,normal}}}");
        EXPECT_EQ(names_of(application::which_applications()), "library");
        EXPECT_EQ(noted(),
                  "start bottom start left start right start roof "
                  "prep_stop right up stop right down prep_stop left up stop left down "
                  "prep_stop bottom up stop bottom down");
    });
}

TEST(ensure_all_started, gives_all_applications_the_restart_type) {
    run_everywhere([]() -> task<> {
        co_await application::ensure_all_started<roof>(transient);
        for (const application::information& each : application::which_applications()) {
            EXPECT_EQ(each.type, transient) << each.name;
        }
    });
}

struct hen;
struct egg {
    static constexpr std::string_view name = "egg";
    using depends_on = application::classes<hen>;
};
struct hen {
    static constexpr std::string_view name = "hen";
    using depends_on = application::classes<egg>;
};

TEST(ensure_all_started, refuses_applications_that_depend_on_one_another) {
    run_everywhere([]() -> task<> {
        const auto all = co_await application::ensure_all_started<egg>();
        EXPECT_EQ(shown(all), "{egg,{circular_dependency,egg}}");
        EXPECT_EQ(names_of(application::which_applications()), "");
    });
}

}  // namespace
}  // namespace coppice
