// SPDX-License-Identifier: Apache-2.0
// Goal: a configuration is made from defaults, file, environment variables and words, later sources
// overriding earlier ones. Every misfit is reported with its place and a remedy.

#include "program/configuration.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/program_files.hpp"

namespace coppice::application::program {
namespace {

using test::scratch_file;
using test::set_variable;

struct store {
    static constexpr std::string_view name = "store";  // declares nothing
};
struct shop {
    static constexpr std::string_view name = "shop";
    using depends_on = classes<store>;
    static settings environment() {
        return {setting{"port", 80, "the port to listen on"}.between(0, 65535),
                {"greeting", "hello", ""},
                {"share", 0.5, ""},
                {"open", true, ""},
                {"days", value_list{1, 2}, ""},
                {"db.host", "here", ""},
                setting{"color", "red", ""}.one_of({"red", "green"}),
                setting::optional("max_lines", value_type::integer, "")};
    }
};
struct needy {
    static constexpr std::string_view name = "needy";
    static settings environment() {
        return {setting::required("token", value_type::text, "a secret")};
    }
};

template <class App>
environments read_for(const wishes& wanted, problems& wrong) {
    return read(applications_of(detail::describe<App>()), wanted, wrong);
}

/// The environment of the shop after a file and words without errors.
table shop_with(const std::string& text, std::vector<wishes::one> values = {}) {
    const scratch_file file{text};
    problems wrong;
    const environments all = read_for<shop>({file.path(), std::move(values)}, wrong);
    EXPECT_EQ(wrong, problems{});
    return all.at("shop");
}

/// The errors of a file, without the file's name.
problems wrong_with(const std::string& text) {
    const scratch_file file{text};
    problems wrong;
    (void)read_for<shop>({file.path(), {}}, wrong);
    for (std::string& each : wrong) {
        EXPECT_TRUE(each.starts_with(file.path() + ":")) << each;
        each.erase(0, file.path().size() + 1);
    }
    return wrong;
}

/// The errors of words.
problems wrong_with_words(const std::string& target, const std::string& text) {
    problems wrong;
    (void)read_for<shop>({{}, {{target, text, "--set"}}}, wrong);
    return wrong;
}

constexpr const char* known_keys =
    "shop has no setting prot; it has port, greeting, share, open, days, db.host, color, max_lines";

TEST(configuration, begins_with_the_declared_defaults) {
    const table shop = shop_with("");
    EXPECT_EQ(to_string(shop),
              "{ color = \"red\", days = [1, 2], db = { host = \"here\" }, greeting = \"hello\", "
              "open = true, port = 80, share = 0.5 }");
}

TEST(configuration, takes_all_types_from_a_file) {
    const table shop = shop_with(
        "[shop]\nport = 0x1F\ngreeting = 'hi'\nshare = 1\nopen = false\ndays = []\n"
        "color = \"green\"\nmax_lines = 3\n[shop.db]\nhost = \"there\"\n[store]\nanything = {a = "
        "1}");
    EXPECT_EQ(to_string(shop),
              "{ color = \"green\", days = [], db = { host = \"there\" }, greeting = \"hi\", "
              "max_lines = 3, open = false, port = 31, share = 1 }");
}

TEST(configuration, prefers_options_to_variables_and_variables_to_the_file) {
    const std::string file = "[shop]\nport = 1\nmax_lines = 1\n";
    EXPECT_EQ(*shop_with(file).find("port"), value{1});
    const set_variable port{"SHOP_PORT", "2"};
    const set_variable lines{"SHOP_MAX_LINES", "2"};
    const set_variable host{"SHOP_DB_HOST", "2"};
    const table by_variables = shop_with(file);
    EXPECT_EQ(*by_variables.find("port"), value{2});
    EXPECT_EQ(*by_variables.find("max_lines"), value{2});
    EXPECT_EQ(*by_variables.find("db.host"), value{"2"}) << "a text is taken as it is";
    const table by_words = shop_with(file, {{"shop.port", "3", "--port"}});
    EXPECT_EQ(*by_words.find("port"), value{3});
    EXPECT_EQ(*by_words.find("max_lines"), value{2});
}

TEST(configuration, accepts_any_setting_of_an_application_without_declarations) {
    problems wrong;
    const environments all =
        read_for<shop>({{}, {{"store.a.b", "[1, 2]", ""}, {"store.c", "just text", ""}}}, wrong);
    EXPECT_EQ(wrong, problems{});
    EXPECT_EQ(to_string(all.at("store")), "{ a = { b = [1, 2] }, c = \"just text\" }");
}

TEST(configuration, reports_file_errors_with_line_column_and_remedy) {
    EXPECT_EQ(wrong_with("[shop]\n  prot = 1\n"), (problems{std::string{"2:3: "} + known_keys}));
    EXPECT_EQ(wrong_with("[shop]\nport = \"80\"\n"),
              (problems{"2:8: shop.port has to be an integer between 0 and 65535, and is \"80\""}));
    EXPECT_EQ(
        wrong_with("[shop]\nport = 65536\n[shop.db]\nhost = 1\nport = 2\n"),
        (problems{"2:8: shop.port has to be an integer between 0 and 65535, and is 65536",
                  "4:8: shop.db.host has to be a text, and is 1",
                  "5:1: shop has no setting db.port; it has port, greeting, share, open, days, "
                  "db.host, color, max_lines"}));
    EXPECT_EQ(wrong_with("[shop]\ncolor = \"blue\"\n"),
              (problems{"2:9: shop.color has to be a text: red or green, and is \"blue\""}));
    EXPECT_EQ(wrong_with("[shpo]\n"),
              (problems{"1:2: this program has no application shpo; it has sections for store, "
                        "shop"}));
    EXPECT_EQ(wrong_with("shop = 1\n"),
              (problems{"1:1: shop has to be a section, [shop], with the settings of that "
                        "application"}));
    EXPECT_EQ(wrong_with("[store]\nborn = 1999-12-31\n"),
              (problems{"2:8: store.born is a date or a time; write it as a text, in quotes"}));
    const problems syntax = wrong_with("[shop]\nport = \n");
    ASSERT_EQ(syntax.size(), 1U);
    EXPECT_TRUE(syntax[0].starts_with("2:")) << syntax[0];
    EXPECT_EQ(wrong_with("[shop]\nport = 0\nopen = true\n"), problems{});
}

TEST(configuration, tells_why_a_file_cannot_be_read) {
    for (const std::string path : {"/nowhere/shop.toml", "/"}) {
        problems wrong;
        (void)read_for<shop>({path, {}}, wrong);
        ASSERT_EQ(wrong.size(), 1U);
        EXPECT_TRUE(wrong[0].starts_with(path + ": cannot be read: ")) << wrong[0];
    }
}

TEST(configuration, names_the_option_or_variable_with_an_invalid_value) {
    EXPECT_EQ(wrong_with_words("shop.prot", "1"), (problems{std::string{"--set: "} + known_keys}));
    EXPECT_EQ(wrong_with_words("shpo.port", "1"),
              (problems{"--set: this program has no application shpo; it has store, shop"}));
    EXPECT_EQ(wrong_with_words("port", "1"),
              (problems{"--set: write --set APP.KEY=VALUE, with an application of this program: "
                        "store, shop"}));
    EXPECT_EQ(wrong_with_words("shop.port", ""),
              (problems{"--set: shop.port has to be an integer between 0 and 65535, and is \"\""}));
    EXPECT_EQ(wrong_with_words("shop.port", "1\nopen = false"),
              (problems{"--set: shop.port has to be an integer between 0 and 65535, and is "
                        "\"1\\nopen = false\""}));
    EXPECT_EQ(wrong_with_words("shop.open", "yes"),
              (problems{"--set: shop.open has to be a boolean, and is \"yes\""}));
    const set_variable port{"SHOP_PORT", "tea"};
    problems wrong;
    (void)read_for<shop>({}, wrong);
    EXPECT_EQ(wrong, (problems{"SHOP_PORT: shop.port has to be an integer between 0 and 65535, and "
                               "is \"tea\""}));
}

TEST(configuration, reports_missing_settings_with_a_remedy) {
    problems wrong;
    (void)read_for<needy>({}, wrong);
    EXPECT_EQ(wrong,
              (problems{"needy: needy.token is missing; set the key in [needy] of the file of "
                        "--config, set NEEDY_TOKEN, or give --set needy.token=VALUE"}));
    wrong.clear();
    const environments all = read_for<needy>({{}, {{"needy.token", "x", ""}}}, wrong);
    EXPECT_EQ(wrong, problems{});
    EXPECT_EQ(*all.at("needy").find("token"), value{"x"});
}

}  // namespace
}  // namespace coppice::application::program
