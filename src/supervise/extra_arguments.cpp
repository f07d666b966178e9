// SPDX-License-Identifier: Apache-2.0

#include "coppice/extra_arguments.hpp"

#include <stdexcept>

namespace coppice {

void extra_arguments::refuse(const std::type_info& expected) const {
    const auto arguments_in = [](const std::type_info& tuple) {
        const std::string whole = detail::readable_type_name(tuple);  // std::tuple<int, char>
        const std::size_t open = whole.find('<');
        return "(" + whole.substr(open + 1, whole.rfind('>') - open - 1) + ")";
    };
    throw std::invalid_argument{"the child expects the extra arguments " + arguments_in(expected) +
                                ", and its supervisor has " + arguments_in(*types_)};
}

}  // namespace coppice
