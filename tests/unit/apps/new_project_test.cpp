// SPDX-License-Identifier: Apache-2.0
// `coppice new`: names, folders, and the files written. tests/generator/run checks that a
// project builds and passes its tests.

#include "new_project/project_name.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "new_project/templates.hpp"
#include "new_project/write_project.hpp"
#include "support/program_files.hpp"

namespace coppice::cli {
namespace {

namespace fs = std::filesystem;

/// A private folder, the working directory during the test.
class in_a_folder : public ::testing::Test {
  protected:
    in_a_folder() : before_{fs::current_path()} { fs::current_path(folder_.path()); }
    ~in_a_folder() override { fs::current_path(before_); }

    int run(std::vector<std::string> words) {
        words.insert(words.begin(), "new");
        out_ = {};
        err_ = {};
        return run_command(words, out_, err_);
    }
    std::string said() const { return err_.str(); }
    std::string told() const { return out_.str(); }
    static std::string text_of(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream{file}.rdbuf();
        return text.str();
    }

  private:
    fs::path before_;
    test::scratch_folder folder_;
    std::ostringstream out_;
    std::ostringstream err_;
};

using a_new_project = in_a_folder;

TEST(an_application_name, is_a_word_of_small_letters_digits_and_single_underscores) {
    for (const char* good : {"a", "shop", "shop2", "my_shop", "a_1"}) {
        EXPECT_EQ(wrong_with_app_name(good), std::nullopt) << good;
    }
    for (const char* bad : {"", "Shop", "2shop", "_shop", "shop_", "my__shop", "my-shop", "a b",
                            "caf\xC3\xA9", "shop.x"}) {
        EXPECT_NE(wrong_with_app_name(bad), std::nullopt) << bad;
    }
}

TEST(an_application_name, is_no_cpp_keyword_and_no_reserved_name) {
    for (const char* bad : {"class", "co_await", "alignas", "xor_eq", "std", "coppice", "test"}) {
        const auto wrong = wrong_with_app_name(bad);
        ASSERT_NE(wrong, std::nullopt) << bad;
        EXPECT_NE(wrong->find("write " + std::string{bad} + "_app"), std::string::npos) << *wrong;
        EXPECT_EQ(wrong_with_app_name(std::string{bad} + "_app"), std::nullopt);
    }
}

TEST(an_application_name, has_up_to_64_characters) {
    EXPECT_EQ(wrong_with_app_name(std::string(64, 'a')), std::nullopt);
    EXPECT_NE(wrong_with_app_name(std::string(65, 'a')), std::nullopt);
}

TEST(an_application_name, that_is_refused_comes_with_a_valid_proposal) {
    EXPECT_NE(wrong_with_app_name("My-Shop")->find("write my_shop"), std::string::npos);
    EXPECT_NE(wrong_with_app_name("9 lives")->find("write lives"), std::string::npos);
    EXPECT_EQ(wrong_with_app_name("42")->find("; write"), std::string::npos);
    EXPECT_EQ(wrong_with_app_name("Class")->find("; write"), std::string::npos);
}

TEST(a_project_name, is_a_plain_folder_name_of_up_to_64_characters) {
    for (const char* good : {"shop", "Shop", "my-shop", "2shop", "shop.cpp"}) {
        EXPECT_EQ(wrong_with_project_name(good), std::nullopt) << good;
    }
    for (const char* bad : {"", "a b", "a/b", "/tmp", "..", ".", ".hidden", "-x", "a\nb"}) {
        EXPECT_NE(wrong_with_project_name(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(wrong_with_project_name(std::string(64, 'a')), std::nullopt);
    EXPECT_NE(wrong_with_project_name(std::string(65, 'a')), std::nullopt);
}

TEST_F(a_new_project, has_all_placeholders_replaced_by_names) {
    ASSERT_EQ(run({"my-shop", "--sup", "--app", "shop"}), 0);
    EXPECT_TRUE(fs::exists("my-shop/src/shop/counter.hpp"));
    EXPECT_NE(text_of("my-shop/README.md").find("# my-shop\n"), std::string::npos);
    for (const auto& each : fs::recursive_directory_iterator{"my-shop"}) {
        const std::string text = text_of(each.path());
        for (const char* mark : {"@app@", "@project@", "@version@"}) {
            EXPECT_EQ(text.find(mark), std::string::npos) << each.path();
            EXPECT_EQ(each.path().string().find(mark), std::string::npos) << each.path();
        }
    }
}

TEST_F(a_new_project, contains_no_spdx_tags) {
    ASSERT_EQ(run({"shop"}), 0);
    for (const auto& each : fs::recursive_directory_iterator{"shop"}) {
        EXPECT_EQ(text_of(each.path()).find("SPDX"), std::string::npos) << each.path();
    }
}

TEST_F(a_new_project, lists_each_created_file) {
    ASSERT_EQ(run({"shop"}), 0);
    std::size_t files = 0;
    for (const auto& each : fs::recursive_directory_iterator{"shop"}) {
        if (each.is_regular_file()) {
            ++files;
            EXPECT_NE(told().find("creating " + each.path().string() + "\n"), std::string::npos);
        }
    }
    EXPECT_EQ(files, common_templates().size() + plain_templates().size());
}

TEST_F(a_new_project, is_an_application_only_with_the_sup_option) {
    ASSERT_EQ(run({"plain"}), 0);
    ASSERT_EQ(run({"tall", "--sup"}), 0);
    EXPECT_FALSE(fs::exists("plain/tests/application_test.cpp"));
    EXPECT_TRUE(fs::exists("tall/tests/application_test.cpp"));
}

TEST_F(a_new_project, has_scripts_that_can_be_run) {
    ASSERT_EQ(run({"shop"}), 0);
    EXPECT_EQ(access("shop/script/test", X_OK), 0);
    EXPECT_NE(access("shop/README.md", X_OK), 0);
}

TEST_F(a_new_project, goes_into_an_empty_folder_and_no_other) {
    fs::create_directory("empty");
    EXPECT_EQ(run({"empty"}), 0);
    fs::create_directory("full");
    std::ofstream{"full/mine"} << "mine";
    EXPECT_EQ(run({"full"}), 2);
    EXPECT_NE(said().find("the folder full is not empty; choose another name"), std::string::npos);
    EXPECT_EQ(std::distance(fs::directory_iterator{"full"}, {}), 1);
    std::ofstream{"file"} << "mine";
    EXPECT_EQ(run({"file"}), 2);
    EXPECT_EQ(text_of("file"), "mine");
}

TEST_F(a_new_project, that_cannot_be_written_says_which_file) {
    fs::create_directory("gone");
    fs::current_path("gone");
    fs::remove("../gone");
    EXPECT_EQ(run({"shop"}), 1);
    EXPECT_NE(said().find("shop"), std::string::npos) << said();
}

TEST_F(a_new_project, is_refused_with_invalid_arguments) {
    EXPECT_EQ(run({"class"}), 2);
    EXPECT_EQ(run({"a b"}), 2);
    EXPECT_EQ(run({""}), 2);
    EXPECT_EQ(run({"../shop"}), 2);
    EXPECT_EQ(run({"shop", "--app", "Shop"}), 2);
    EXPECT_EQ(run({"shop", "--app"}), 2);
    EXPECT_EQ(run({"shop", "other"}), 2);
    EXPECT_EQ(run({"--super", "shop"}), 2);
    EXPECT_EQ(run({}), 2);
    EXPECT_TRUE(fs::is_empty("."));
}

}  // namespace
}  // namespace coppice::cli
