// SPDX-License-Identifier: Apache-2.0

#include "program/endpoint_child.hpp"

#ifdef COPPICE_HAS_INSPECT
#include "coppice/inspect.hpp"
#endif

namespace coppice::application::program {

#ifdef COPPICE_HAS_INSPECT

const bool has_inspect = true;

child_list endpoint_of(const std::string& name, const std::string& version, inspect_mode mode) {
    if (mode != inspect_mode::on && mode != inspect_mode::read_only) {
        return {};
    }
    inspect::options chosen;
    chosen.name = inspect::name_from(name);
    chosen.version = version;
    chosen.read_only = mode == inspect_mode::read_only;
    chosen.may_be_missing = true;
    return children(inspect::child(std::move(chosen)));
}

#else

const bool has_inspect = false;

child_list endpoint_of(const std::string&, const std::string&, inspect_mode) {
    return {};
}

#endif

}  // namespace coppice::application::program
