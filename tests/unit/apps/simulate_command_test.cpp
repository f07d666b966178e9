// SPDX-License-Identifier: Apache-2.0
// The errors of `coppice` on bad usage and on unreadable files. tests/golden has
// the output of successful runs.

#include "commands/command.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "simulate/scenario_reader.hpp"
#include "support/program_files.hpp"

namespace coppice::cli {
namespace {

struct told {
    int status = 0;
    std::string out;
    std::string err;
};

told coppice(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run_command(arguments, out, err);
    return {status, out.str(), err.str()};
}

class simulate_file : public ::testing::Test {
  protected:
    std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream{path(name), std::ios::binary} << text;
        return path(name);
    }

    /// Expects a refusal without a trace, with the file's name and `words`.
    static void expect_refused(const std::string& file, const std::string& words) {
        const told got = coppice({"simulate", file});
        EXPECT_EQ(got.status, 2);
        EXPECT_EQ(got.out, "");
        EXPECT_EQ(got.err, "coppice: " + file + ": " + words + "\n");
    }

  private:
    test::scratch_folder folder_;
};

constexpr const char* nobody = R"({"version": 1, "kind": "processes", "steps": []})";

TEST_F(simulate_file, that_is_not_there_is_refused) {
    expect_refused(path("absent"), "there is no such file; check the path");
    expect_refused(path("absent") + "/below", "there is no such file; check the path");
}

TEST_F(simulate_file, that_is_a_directory_is_refused) {
    std::filesystem::create_directory(path("folder"));
    expect_refused(path("folder"), "is a directory; name a file in it");
}

TEST_F(simulate_file, without_permission_is_refused) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "root may read everything";
    }
    const std::string file = write("secret.json", nobody);
    std::filesystem::permissions(file, std::filesystem::perms::none);
    expect_refused(
        file, "cannot be read by this user; change the permissions of the file or of its folders");
}

TEST_F(simulate_file, below_a_file_is_refused) {
    const std::string file = write("file", nobody);
    const told got = coppice({"simulate", file + "/below"});
    EXPECT_EQ(got.status, 2);
    EXPECT_NE(got.err.find("check the path"), std::string::npos) << got.err;
}

TEST_F(simulate_file, with_a_read_error_is_refused) {
    expect_refused("/proc/self/mem", "cannot be read to the end; check the type of the file");
}

TEST_F(simulate_file, that_is_empty_is_refused) {
    expect_refused(write("empty", ""),
                   "line 1, column 1: the file is empty; a scenario is a JSON object");
}

TEST_F(simulate_file, without_end_is_refused_at_the_size_limit) {
    expect_refused("/dev/zero",
                   "size: is over 16 MiB, more than any scenario needs; split it into several");
}

TEST_F(simulate_file, of_the_largest_size_runs_and_one_byte_more_is_refused) {
    const std::string blanks(scenario_bytes_max - std::string{nobody}.size(), ' ');
    EXPECT_EQ(coppice({"simulate", write("largest", nobody + blanks)}).status, 0);
    expect_refused(write("larger", nobody + blanks + " "),
                   "size: is over 16 MiB, more than any scenario needs; split it into several");
}

TEST_F(simulate_file, that_is_wrong_is_refused_with_the_place) {
    const told got = coppice({"simulate", write("wrong", "{\"version\": 1,\n \"steps\": [}")});
    EXPECT_EQ(got.status, 2);
    EXPECT_EQ(
        got.err.find("coppice: " + path("wrong") + ": line 2, column 12: the text is not JSON: "),
        0U)
        << got.err;
    expect_refused(
        write("zero", std::string{nobody} + '\0'),
        "line 1, column 49: the file has a NUL byte; remove the byte and the text after it");
}

TEST_F(simulate_file, with_a_name_that_a_terminal_obeys_is_named_in_escapes) {
    const told got = coppice({"simulate", path("red\x1b[31m\n")});
    EXPECT_NE(got.err.find("red\\x1B[31m\\x0A: there is no such file"), std::string::npos)
        << got.err;
}

TEST_F(simulate_file, that_is_refused_during_its_run_prints_no_output) {
    const std::string start =
        R"({"do": "start_child", "target": "r/d", "child": {"id": "w", "kind": "worker"}})";
    const std::string file = write("late", R"({"version": 1,
        "root": {"id": "r", "kind": "supervisor", "children": [
            {"id": "d", "kind": "supervisor", "children": []}]},
        "steps": [{"do": "terminate_child", "target": "r", "id": "d"},
                  {"do": "delete_child", "target": "r", "id": "d"},
                  {"do": "start_child", "target": "r", "child": {"id": "d", "kind": "dynamic_supervisor"}},
                  )" + start + "," + start + "]}");
    expect_refused(file,
                   "$.steps[4].child.id: \"w\" was started under this dynamic supervisor before; "
                   "give each of its children an id of its own");
}

TEST(simulate_usage, that_is_wrong_exits_with_two_and_prints_the_usage) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"emulate"},
        {""},
        {"simulate"},
        {"simulate", ""},
        {"simulate", "--format"},
        {"simulate", "--format", "xml", "f"},
        {"simulate", "--trees", "f"},
        {"simulate", "-x"},
        {"simulate", "one", "two"},
        {"\x1b[2J"},
        {"simulate", "--\x1b[2J"},
    };
    for (const auto& arguments : wrong) {
        const told got = coppice(arguments);
        EXPECT_EQ(got.status, 2);
        EXPECT_EQ(got.out, "");
        EXPECT_EQ(got.err.find("coppice: "), 0U) << got.err;
        EXPECT_NE(got.err.find("\nusage: coppice "), std::string::npos) << got.err;
        EXPECT_EQ(got.err.find('\x1b'), std::string::npos);
    }
}

TEST(simulate_usage, is_printed_for_help_at_any_position) {
    const told help = coppice({"simulate", "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.out.find("usage: coppice simulate"), 0U);
    EXPECT_EQ(help.err, "");
    EXPECT_EQ(coppice({"simulate", "--tree", "-h"}).out, help.out);
}

TEST(the_usage, names_every_command) {
    const told help = coppice({"--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_EQ(help.err, "");
    for (const char* command : {"coppice new", "coppice simulate"}) {
        EXPECT_NE(help.out.find(command), std::string::npos) << command;
    }
    EXPECT_EQ(coppice({"-h"}).out, help.out);
}

TEST(simulate_output, that_cannot_be_written_exits_with_one) {
    std::ofstream full{"/dev/full"};
    std::ostringstream err;
    EXPECT_EQ(run_command({"--help"}, full, err), 1);
    EXPECT_NE(err.str().find("could not be written"), std::string::npos);
}

}  // namespace
}  // namespace coppice::cli
