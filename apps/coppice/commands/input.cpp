// SPDX-License-Identifier: Apache-2.0

#include "commands/input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

namespace coppice::cli {
namespace {

using result = std::expected<std::string, std::string>;

result bytes_of(std::istream& in, std::size_t most) {
    std::string out;
    std::array<char, 65536> part{};
    while (in && out.size() < most) {
        in.read(part.data(),
                static_cast<std::streamsize>(std::min(part.size(), most - out.size())));
        out.append(part.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) {
        return std::unexpected{"cannot be read to the end; check the type of the file"};
    }
    return out;
}

std::string why_not_opened(int error) {
    if (error == EACCES) {
        return "cannot be read by this user; change the permissions of the file or of its folders";
    }
    return "cannot be opened: " + std::generic_category().message(error) + "; check the path";
}

}  // namespace

result read_input(const std::string& file, std::size_t most) {
    if (file == "-") {
        return bytes_of(std::cin, most);
    }
    std::error_code unused;
    const std::filesystem::file_status status = std::filesystem::status(file, unused);
    if (status.type() == std::filesystem::file_type::not_found) {
        return std::unexpected{"there is no such file; check the path"};
    }
    if (is_directory(status)) {
        return std::unexpected{"is a directory; name a file in it"};
    }
    errno = 0;
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        return std::unexpected{why_not_opened(errno)};
    }
    return bytes_of(in, most);
}

}  // namespace coppice::cli
