// SPDX-License-Identifier: Apache-2.0

#include <coppice/coppice.hpp>
#include <coppice/version.hpp>
#include <iostream>

int main() {
    return coppice::run([]() -> coppice::task<> {
        std::cout << "coppice " << coppice::version() << " in " << coppice::self() << '\n';
        co_return;
    });
}
