// SPDX-License-Identifier: Apache-2.0

#include "testing/explored_run.hpp"

#include <optional>
#include <utility>

#include "boot/runtime_access.hpp"
#include "observe/delay_text.hpp"
#include "testing/exploring_director.hpp"
#include "testing/thrown_text.hpp"

namespace coppice::testing {
namespace {

/// What a run came to, before it is judged.
struct outcome {
    std::optional<exit_reason> ended;
    std::string thrown;
    std::string assertions;
    std::string broken_invariant;
    std::string broken_runtime;
    bool out_of_turns = false;
};

void judge(explored_run& out, outcome&& of, const explore_options& how) {
    const auto fail = [&out](failure_kind kind, std::string text) {
        out.failed = kind;
        out.failure = std::move(text);
    };
    if (!of.broken_invariant.empty()) {
        fail(failure_kind::invariant, std::move(of.broken_invariant));
    } else if (!of.assertions.empty()) {
        fail(failure_kind::assertion, std::move(of.assertions));
    } else if (!of.thrown.empty()) {
        fail(failure_kind::exception, "the body threw: " + of.thrown);
    } else if (!of.broken_runtime.empty()) {
        fail(failure_kind::runtime, "the runtime broke an invariant: " + of.broken_runtime);
    } else if (of.out_of_turns) {
        fail(failure_kind::no_rest,
             "the run does not come to rest: " + std::to_string(how.turns_max) + " turns");
    } else if (!of.ended) {
        fail(failure_kind::no_end, "the process of the body has not ended after " +
                                       observe::delay_text(how.time_max.value()) +
                                       " of virtual time");
    } else if (*of.ended != reason::normal) {
        fail(failure_kind::bad_end,
             "the process of the body ended with the reason " + to_string(*of.ended));
    }
}

/// Runs the body, and then stops the world without further decisions.
void drive(sim_world& world, exploring_director& director, const explore_options& how,
           const detail::body_of_run& body, outcome& out) {
    try {
        out.ended = body(world, how.time_max);
    } catch (...) {
        out.thrown = thrown_text();
    }
    director.rest();
    if (!world.out_of_turns()) {
        world.system().stop();
    }
}

}  // namespace

test_framework& framework_in_use() {
    static test_framework used;
    return used;
}

void use_framework(test_framework used) {
    framework_in_use() = std::move(used);
}

bool fail_alike(const explored_run& one, const explored_run& other) {
    const auto first_line = [](const explored_run& of) {
        return of.failure.substr(0, of.failure.find('\n'));
    };
    return one.failed == other.failed &&
           (one.failed != failure_kind::assertion || first_line(one) == first_line(other));
}

explored_run run_once(const explore_options& how, const detail::body_of_run& body,
                      plan_source& source) {
    runtime_options options = how.runtime;
    if (!options.delays) {
        options.delays = signal_delays::in_order;
    }
    sim_world world{1, std::move(options)};
    world.keep_event_log(false);
    world.limit_turns(how.turns_max);
    exploring_director director{runtime_access::impl(world.system()), source, how};
    outcome of;
    const auto run = [&] { drive(world, director, how, body, of); };
    if (const auto& watch = framework_in_use().watch) {
        of.assertions = watch(run);
    } else {
        run();
    }
    of.out_of_turns = world.out_of_turns();
    of.broken_invariant = director.broken();
    if (!world.broken_invariants().empty()) {
        of.broken_runtime = world.broken_invariants().front();
    }
    explored_run out{.failed = failure_kind::none,
                     .failure = {},
                     .applied = director.applied(),
                     .notes = director.notes(),
                     .opportunities = director.opportunities(),
                     .steps = director.steps()};
    judge(out, std::move(of), how);
    return out;
}

}  // namespace coppice::testing
