// SPDX-License-Identifier: Apache-2.0
// The visits of a tour.

#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "common/measure.hpp"
#include "operations.hpp"

namespace bench {

template <class Host, class Visit>
task<> go_round(std::vector<Host>& hosts, int visits, Visit visit) {
    std::size_t next = 0;
    for (int i = 0; i < visits; ++i) {
        if constexpr (std::is_void_v<std::invoke_result_t<Visit, Host&>>) {
            visit(hosts[next]);
        } else {
            co_await visit(hosts[next]);
        }
        next = next + 1 == hosts.size() ? 0 : next + 1;
    }
}

/// The cost of one visit, after a warm-up. `visit` is a function or starts a coroutine.
template <class Host, class Visit>
task<double> cost_of_a_visit(std::vector<Host>& hosts, int visits, Visit visit) {
    co_await go_round(hosts, 1000, visit);
    const stopwatch clock;
    co_await go_round(hosts, visits, visit);
    co_return clock.ns_each(visits);
}

}  // namespace bench
