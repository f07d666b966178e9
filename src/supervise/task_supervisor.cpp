// SPDX-License-Identifier: Apache-2.0
// The starts of tasks under a task supervisor, which is a dynamic supervisor.

#include "coppice/task_supervisor.hpp"

#include <string>
#include <utility>

namespace coppice::detail {

namespace {

/// A child that waits for the function of the task. The supervisor holds no function.
child_spec waiting_task(const pid& owner, const std::string& described, shutdown_limit limit) {
    auto begin = [owner, described] {
        start_outcome out;
        out.kind = start_kind::ok;
        out.process = spawn_process(make_waiting_task_body(owner, described), {.link = true});
        return out;
    };
    auto describe = [described] { return described; };
    child_spec out{"task",
                   start_function{make_start_recipe(std::move(describe), std::move(begin))}};
    out.restart(temporary).shutdown(limit);
    return out;
}

class supervised_starter final : public task_starter {
  public:
    supervised_starter(dynamic_supervisor to, task_bond bond, shutdown_limit limit)
        : to_{std::move(to)}, bond_{bond}, limit_{limit} {}

    task<started_task> start(std::unique_ptr<task_work> work) override {
        auto starting = start_supervised(to_, std::move(work), bond_, limit_);
        const supervised_start begun = co_await starting;
        started_task out;
        out.key = begun.key;
        if (!begun.result.ok()) {
            out.is_refused = begun.result.error() == "max_children";
            if (!out.is_refused) {
                exit(begun.result.error());
            }
        }
        co_return out;
    }

  private:
    dynamic_supervisor to_;
    task_bond bond_;
    shutdown_limit limit_;
};

}  // namespace

task<supervised_start> start_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                        task_bond bond, shutdown_limit limit) {
    supervised_start out;
    out.key.owner = current_pid();
    auto starting = to.start_child(waiting_task(out.key.owner, work->describe(), limit));
    out.result = co_await starting;
    if (!out.result.ok()) {
        co_return out;
    }
    out.key.process = out.result.process();
    if (bond == task_bond::link) {
        link(out.key.process);
    }
    if (bond != task_bond::none) {
        out.key.tag = monitor(out.key.process).value();
    }
    deliver(out.key.process,
            new value_message<task_order>(out.key.owner, out.key.tag, std::move(work)));
    co_return out;
}

task<task_key> key_of_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                 task_bond bond, shutdown_limit limit) {
    auto starting = start_supervised(std::move(to), std::move(work), bond, limit);
    const supervised_start begun = co_await starting;
    if (!begun.result.ok()) {
        if (begun.result.error() == "max_children") {
            throw max_children_error{};
        }
        exit(begun.result.error());
    }
    co_return begun.key;
}

task<child_result> result_of_supervised(dynamic_supervisor to, std::unique_ptr<task_work> work,
                                        shutdown_limit limit) {
    auto starting = start_supervised(std::move(to), std::move(work), task_bond::none, limit);
    supervised_start begun = co_await starting;
    co_return std::move(begun.result);
}

std::unique_ptr<task_starter> make_supervised_starter(dynamic_supervisor to, task_bond bond,
                                                      shutdown_limit limit) {
    if (!limit.is_valid()) {
        throw badarg_error{"async_stream: the shutdown limit is not valid"};
    }
    return std::make_unique<supervised_starter>(std::move(to), bond, limit);
}

task<std::vector<pid>> running_children(dynamic_supervisor of) {
    auto asking = of.which_children();
    const std::vector<child_info> all = co_await asking;
    std::vector<pid> out;
    out.reserve(all.size());
    for (const child_info& each : all) {
        if (each.process) {
            out.push_back(each.process);
        }
    }
    co_return out;
}

}  // namespace coppice::detail

namespace coppice {

task_supervisor::start_awaiter task_supervisor::start_link(dynamic_supervisor_flags flags) {
    return start_awaiter{detail::make_dynamic_supervisor(flags, {})};
}

}  // namespace coppice
