// SPDX-License-Identifier: Apache-2.0

#include "inspect/methods.hpp"

#include <algorithm>
#include <vector>

namespace coppice::inspect {

std::span<const method> methods() {
    static const std::vector<method> all = [] {
        std::vector<method> out;
        for (const auto part :
             {program_methods(), tree_methods(), process_methods(), steering_methods()}) {
            out.insert(out.end(), part.begin(), part.end());
        }
        return out;
    }();
    return all;
}

const method* find_method(std::string_view name) {
    const auto all = methods();
    const auto found = std::ranges::find(all, name, &method::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace coppice::inspect
