// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace coppice::testing {

/// The text of the present exception, of any type. Called in a catch clause.
inline std::string thrown_text() {
    try {
        throw;
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace coppice::testing
