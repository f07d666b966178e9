// SPDX-License-Identifier: Apache-2.0

#include "coppice/testing/start_supervised.hpp"

#include <utility>

#include "testing/exploring_director.hpp"

namespace coppice::testing {
namespace {

/// Nothing is to disturb the start of a test. The director may end before the coroutine that holds this object.
class without_faults {
  public:
    without_faults() noexcept : paused_{exploring_director::current()} {
        if (paused_ != nullptr) {
            paused_->pause_faults();
        }
    }
    without_faults(const without_faults&) = delete;
    without_faults& operator=(const without_faults&) = delete;
    ~without_faults() {
        if (paused_ != nullptr && paused_ == exploring_director::current()) {
            paused_->resume_faults();
        }
    }

  private:
    exploring_director* const paused_;
};

std::string name_of_supervisor() {
    return "test_supervisor of " + to_string(self());
}

}  // namespace

task<supervisor> test_supervisor() {
    const std::string name = name_of_supervisor();
    const pid running = whereis(name);
    if (running) {
        co_return supervisor{running};
    }
    supervisor_flags flags;
    flags.max_restarts = 1'000'000;
    flags.name = flag_name{name};
    auto starting = supervisor::start_link(child_list{}, flags);
    const auto started = co_await starting;
    co_return started.value();
}

task<child_result> try_start_supervised(child_spec spec) {
    const without_faults here;
    auto finding = test_supervisor();
    const supervisor above = co_await finding;
    auto starting = above.start_child(std::move(spec));
    child_result started = co_await starting;
    co_return started;
}

task<pid> start_supervised(child_spec spec, std::source_location where) {
    const std::string id = spec.id();
    auto starting = try_start_supervised(std::move(spec));
    const child_result started = co_await starting;
    if (!started && !started.ignored()) {
        detail::fail_assertion(where, "start_supervised: the child \"" + id +
                                          "\" does not start: " + to_string(started.error()));
    }
    co_return started.process();
}

task<void_result> try_stop_supervised(std::string id) {
    const without_faults here;
    auto finding = test_supervisor();
    const supervisor above = co_await finding;
    auto stopping = above.terminate_child(id);
    const void_result stopped = co_await stopping;
    if (!stopped) {
        co_return stopped;
    }
    auto dropping = above.delete_child(std::move(id));
    const void_result dropped = co_await dropping;
    // The spec of a temporary child goes with the child.
    co_return dropped || dropped.error() == exit_reason{"not_found"} ? void_result{} : dropped;
}

task<> stop_supervised(std::string id, std::source_location where) {
    auto stopping = try_stop_supervised(id);
    const void_result stopped = co_await stopping;
    if (!stopped) {
        detail::fail_assertion(where, "stop_supervised: no child with the id \"" + id +
                                          "\": " + to_string(stopped.error()));
    }
}

}  // namespace coppice::testing
