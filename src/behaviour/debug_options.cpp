// SPDX-License-Identifier: Apache-2.0
// Debug options that a server has from its start on.

#include <exception>
#include <utility>

#include "behaviour/debugging.hpp"
#include "process/crash_boundary.hpp"

namespace coppice {
namespace detail {
namespace {

/// A failing option is reported and left out, as in OTP.
class all_steps final : public debug_setup {
  public:
    explicit all_steps(std::vector<std::shared_ptr<const debug_setup>> steps)
        : steps_{std::move(steps)} {}

    void apply(behaviour_body& to) const override {
        for (const auto& each : steps_) {
            try {
                each->apply(to);
            } catch (...) {
                behaviour::report_on_debugging("a debug option is left out: " +
                                               to_string(reason_of(std::current_exception())));
            }
        }
    }

  private:
    std::vector<std::shared_ptr<const debug_setup>> steps_;
};

}  // namespace
}  // namespace detail

namespace sys {

debug_options debug_options::trace() const {
    return with([](detail::behaviour_body& by) { detail::begin_trace(by, nullptr); });
}

debug_options debug_options::statistics() const {
    return with([](detail::behaviour_body& by) { detail::set_statistics(by, true); });
}

debug_options debug_options::log(log_mode mode) const {
    return with([limit = mode.limit()](detail::behaviour_body& by) { detail::set_log(by, limit); });
}

debug_options debug_options::log_to_file(std::string path) const {
    const log_file checked{path};
    return with([path = std::move(path)](detail::behaviour_body& by) {
        if (const auto begun = detail::begin_log_to_file(by, path); !begun) {
            behaviour::report_on_debugging("log_to_file: " + to_string(begun.error()));
        }
    });
}

debug_options::operator std::shared_ptr<const detail::debug_setup>() const {
    return std::make_shared<const detail::all_steps>(steps_);
}

}  // namespace sys
}  // namespace coppice
