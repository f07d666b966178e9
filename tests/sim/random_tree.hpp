// SPDX-License-Identifier: Apache-2.0
// Random supervision trees: shapes, and growth from a seed.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coppice/coppice.hpp"
#include "support/dice.hpp"

namespace coppice::test {

struct manners {
    bool traps = false;
    bool stubborn = false;        ///< Takes longer to stop than every limit here.
    std::size_t start_fails = 0;  ///< Per cent.
};

/// A worker that ends on command, with the reason given.
struct leaf {
    struct end {
        exit_reason why;
    };
    explicit leaf(manners how) : how{how} {
        const std::size_t luck = self().index() * 31 + self().generation() * 17;
        if (luck % 100 < how.start_fails) {
            exit("will_not_start");
        }
        trap_exit(how.traps);
    }
    void handle_cast(const end& m) { exit(m.why); }
    void handle_info(const exit_message&) {}
    task<> terminate(exit_reason) {
        if (how.stubborn) {
            co_await sleep(std::chrono::seconds{9});
        }
    }
    manners how;
};

struct shape {
    std::string id;
    bool is_supervisor = false;
    restart_type restart = permanent;
    shutdown_limit shutdown = infinity;
    manners how;
    restart_strategy strategy = one_for_one;
    int max_restarts = 1;
    std::vector<shape> children;

    const shape* child(const std::string& wanted) const {
        for (const shape& each : children) {
            if (each.id == wanted) {
                return &each;
            }
        }
        return nullptr;
    }
};

inline shape grow(dice& chance, std::string id, int depth, std::size_t start_fails) {
    using std::chrono::milliseconds;
    shape out;
    out.id = std::move(id);
    out.restart = chance.one_of({permanent, permanent, transient, temporary});
    out.is_supervisor = depth == 0 || (depth < 3 && chance.percent(35));
    if (out.is_supervisor) {
        out.strategy = chance.one_of({one_for_one, one_for_all, rest_for_one});
        out.max_restarts = static_cast<int>(chance.below(4));
        const std::size_t count = chance.below(5);
        for (std::size_t i = 0; i < count; ++i) {
            out.children.push_back(
                grow(chance, out.id + "." + std::to_string(i), depth + 1, start_fails));
        }
    } else {
        out.how = {chance.percent(40), chance.percent(20), start_fails};
        out.shutdown = chance.one_of(
            {shutdown_limit{milliseconds{0}}, shutdown_limit{milliseconds{100}}, brutal_kill});
    }
    return out;
}

inline child_list specs_of(const shape& of);

inline supervisor_flags flags_of(const shape& of) {
    return {.strategy = of.strategy, .max_restarts = of.max_restarts};
}

inline child_spec spec_of(const shape& of) {
    child_spec spec = of.is_supervisor ? child_supervisor(of.id, specs_of(of), flags_of(of))
                                       : child<leaf>(of.how).id(of.id);
    spec.restart(of.restart).shutdown(of.shutdown);
    return spec;
}

inline child_list specs_of(const shape& of) {
    std::vector<child_spec> specs;
    for (const shape& each : of.children) {
        specs.push_back(spec_of(each));
    }
    return child_list{std::move(specs)};
}

}  // namespace coppice::test
