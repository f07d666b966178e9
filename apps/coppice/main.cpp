// SPDX-License-Identifier: Apache-2.0

#include <exception>
#include <iostream>

#include "commands/command.hpp"

int main(int count, char** words) {
    try {
        return coppice::cli::run_command({words + 1, words + count}, std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "coppice: " << error.what() << "\n";
        return 1;
    }
}
