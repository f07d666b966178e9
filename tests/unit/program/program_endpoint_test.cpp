// SPDX-License-Identifier: Apache-2.0
// Goal    The build, the code and the command line decide whether a program has an endpoint. The program
//         goes on whatever happens to the endpoint.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/coppice.hpp"
#include "coppice/program.hpp"
#include "program/endpoint_child.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

using application::inspect_mode;

struct kiosk {
    static constexpr std::string_view name = "kiosk";
    auto start() {
        return supervisor::start_link(
            children(child("script", [] { return script(); }).restart(temporary)));
    }
    static inline std::function<task<>()> script;
};

class a_program_with_an_endpoint : public ::testing::Test {
  protected:
    /// Runs the program. Returns whether the socket existed meanwhile.
    bool has_socket(std::vector<std::string> words, inspect_mode mode) {
        bool out = false;
        kiosk::script = [&]() -> task<> {
            out = std::filesystem::exists(socket());
            request_stop();
            co_return;
        };
        words.insert(words.begin(), "kiosk");
        std::vector<char*> pointers;
        for (std::string& each : words) {
            pointers.push_back(each.data());
        }
        pointers.push_back(nullptr);
        application::program_options options;
        options.inspect = mode;
        options.runtime.level = report_level::off;
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        status_ = application::run<kiosk>(static_cast<int>(words.size()), pointers.data(),
                                          std::move(options));
        said_ = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
        EXPECT_FALSE(std::filesystem::exists(socket()));
        return out;
    }
    std::string socket() const { return folder_.path() + "/coppice/kiosk.sock"; }

    scratch_folder folder_;
    set_variable variable_{"XDG_RUNTIME_DIR", folder_.path()};
    int status_ = 0;
    std::string said_;
};

TEST_F(a_program_with_an_endpoint, opens_the_endpoint_by_the_mode_of_the_program) {
    if (!application::program::has_inspect) {
        GTEST_SKIP() << "built without coppice::inspect";
    }
    EXPECT_TRUE(has_socket({}, inspect_mode::on));
    EXPECT_TRUE(has_socket({}, inspect_mode::read_only));
    EXPECT_FALSE(has_socket({}, inspect_mode::off));
#ifdef NDEBUG
    EXPECT_FALSE(has_socket({}, inspect_mode::as_built));
#else
    EXPECT_TRUE(has_socket({}, inspect_mode::as_built));
#endif
}

TEST_F(a_program_with_an_endpoint, lets_command_line_options_override_the_endpoint_mode) {
    if (!application::program::has_inspect) {
        GTEST_SKIP() << "built without coppice::inspect";
    }
    EXPECT_TRUE(has_socket({"--inspect"}, inspect_mode::off));
    EXPECT_TRUE(has_socket({"--inspect=read-only"}, inspect_mode::off));
    EXPECT_FALSE(has_socket({"--no-inspect"}, inspect_mode::on));
    EXPECT_EQ(status_, 0);
    EXPECT_FALSE(has_socket({"--inspect=loudly"}, inspect_mode::on));
    EXPECT_EQ(status_, 2);
    has_socket({"--help"}, inspect_mode::off);
    EXPECT_NE(said_.find("--inspect"), std::string::npos) << said_;
}

TEST_F(a_program_with_an_endpoint, continues_if_the_endpoint_cannot_be_opened) {
    std::filesystem::create_directory(folder_.path() + "/coppice");
    std::filesystem::permissions(folder_.path() + "/coppice", std::filesystem::perms::all);
    EXPECT_FALSE(has_socket({}, inspect_mode::on));
    EXPECT_EQ(status_, 0) << said_;
}

}  // namespace
}  // namespace coppice::test
