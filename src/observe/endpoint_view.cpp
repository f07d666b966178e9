// SPDX-License-Identifier: Apache-2.0

#include "coppice/detail/endpoint_view.hpp"
#include "observe/looking.hpp"
#include "process/caller.hpp"
#include "process/stuck_turns.hpp"

namespace coppice::detail {

std::vector<process_glance> glances_at(const std::vector<pid>& all) {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<process_glance>(all.size())
                           : observe::glances_at(*here, all);
}

std::vector<stuck_process> stuck_processes() {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<stuck_process>{} : here->stuck_turns_now().all();
}

std::vector<pid> root_processes() {
    runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? std::vector<pid>{} : here->roots();
}

}  // namespace coppice::detail
