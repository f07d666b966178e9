// SPDX-License-Identifier: Apache-2.0
// The environment of a program for the time of a test: files and environment variables.

#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace coppice::test {

class scratch_file {
  public:
    explicit scratch_file(const std::string& text = {}) {
        // As mkstemp requires.
        path_ = ::testing::TempDir() + "coppice_scratch_XXXXXX";
        const int made = ::mkstemp(path_.data());
        EXPECT_GE(made, 0);
        ::close(made);
        write(text);
    }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    ~scratch_file() { ::unlink(path_.c_str()); }

    void write(const std::string& text) const {
        std::ofstream out{path_, std::ios::binary | std::ios::trunc};
        out << text;
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// A folder, removed at the end with all its contents.
class scratch_folder {
  public:
    scratch_folder() {
        // As mkdtemp requires.
        path_ = ::testing::TempDir() + "coppice_scratch_XXXXXX";
        EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder() { std::filesystem::remove_all(path_); }

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

class set_variable {
  public:
    set_variable(std::string name, const std::string& value) : name_{std::move(name)} {
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    set_variable(const set_variable&) = delete;
    set_variable& operator=(const set_variable&) = delete;
    ~set_variable() { ::unsetenv(name_.c_str()); }

  private:
    std::string name_;
};

}  // namespace coppice::test
