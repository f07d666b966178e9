// SPDX-License-Identifier: Apache-2.0
// Applications for tests. Their environment scripts the callbacks. The callbacks write notes to a separate
// environment, which belongs to the runtime of the test.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "coppice/application.hpp"
#include "coppice/coppice.hpp"
#include "support/kids.hpp"
#include "support/worlds.hpp"

namespace coppice::test {

/// Appends a line to the journal of the runtime. Concurrent notes of several
/// processes may overwrite each other.
inline void note(std::string line) {
    auto lines = application::get_env<application::value_list>("journal", "lines", {});
    lines.emplace_back(std::move(line));
    application::put_env("journal", "lines", std::move(lines));
}

/// The notes since the last call, in order. Clears the journal.
inline std::string noted() {
    std::string out;
    const auto lines = application::get_env<std::vector<std::string>>("journal", "lines", {});
    for (const std::string& each : lines) {
        out += (out.empty() ? std::string{} : std::string{" "}) + each;
    }
    application::delete_env("journal", "lines");
    return out;
}

inline std::string names_of(const std::vector<application::information>& list) {
    std::string out;
    for (const application::information& each : list) {
        out += (out.empty() ? std::string{} : std::string{" "}) + each.name;
    }
    return out;
}

inline std::string shown(const void_result& result) {
    return result ? "ok" : to_string(result.error());
}

/// Whether the environment of `app` sets `step` to `what`.
inline bool is_told(std::string_view app, std::string_view step, std::string_view what) {
    return application::get_env<std::string>(app, step, {}) == what;
}

/// An application whose environment scripts its callbacks:
///
///     start        ignore, error, crash, leave (exit(normal))
///     phase_NAME   error, crash
///     prep_stop    crash
///     stop         crash
///
/// The top process has the name NAME_top, and ends on request.
template <class App>
struct scripted_application {
    task<start_result<kid>> start() {
        const std::string_view me = App::name;
        if (is_told(me, "start", "crash")) {
            throw std::runtime_error{"start"};
        }
        if (is_told(me, "start", "leave")) {
            exit(reason::normal);
        }
        kid::manners how;
        how.traps = true;
        how.init = is_told(me, "start", "ignore")  ? answer::ignore
                   : is_told(me, "start", "error") ? answer::error
                                                   : answer::ok;
        note("start " + std::string{me});
        auto starting = start_link<kid>(named(top()), how);
        co_return co_await starting;
    }
    void prep_stop() {
        note("prep_stop " + life());
        if (is_told(App::name, "prep_stop", "crash")) {
            throw std::runtime_error{"prep_stop"};
        }
    }
    void stop() {
        note("stop " + life());
        if (is_told(App::name, "stop", "crash")) {
            throw std::runtime_error{"stop"};
        }
    }

    static std::string top() { return std::string{App::name} + "_top"; }
    static std::string life() {
        return std::string{App::name} + (whereis(top()) ? " up" : " down");
    }
};

struct ap : scripted_application<ap> {
    static constexpr std::string_view name = "ap";
};

/// With phases.
struct phased : scripted_application<phased> {
    static constexpr std::string_view name = "phased";
    static constexpr std::array<std::string_view, 2> start_phases{"one", "two"};
    void_result start_phase(std::string_view phase) {
        note("phase " + std::string{phase} + " " + life());
        const std::string step = "phase_" + std::string{phase};
        if (is_told(name, step, "crash")) {
            throw std::runtime_error{"phase"};
        }
        return is_told(name, step, "error") ? void_result{std::unexpected{exit_reason{"pf"}}}
                                            : void_result{};
    }
};

/// A library.
struct library {
    static constexpr std::string_view name = "library";
    static constexpr std::string_view version = "2.1";
    static constexpr std::string_view description = "No process of its own";
};

// bottom ← left, right ← roof
struct bottom : scripted_application<bottom> {
    static constexpr std::string_view name = "bottom";
};
struct left : scripted_application<left> {
    static constexpr std::string_view name = "left";
    using depends_on = application::classes<bottom, library>;
};
struct right : scripted_application<right> {
    static constexpr std::string_view name = "right";
    using depends_on = application::classes<bottom>;
};
struct roof : scripted_application<roof> {
    static constexpr std::string_view name = "roof";
    using depends_on = application::classes<left, right>;
};

/// Ends the top process from inside.
inline task<> end_top(std::string app, exit_reason why) {
    const pid top = whereis(app + "_top");
    auto ending = stop(top, std::move(why));
    co_await ending;
}

/// The exit reason of the controller.
inline task<exit_reason> end_of_controller() {
    auto ending = end_of(whereis("application_controller"));
    co_return co_await ending;
}

/// Waits until the application has stopped running.
inline task<> until_ended(std::string app) {
    for (;;) {
        bool runs = false;
        for (const application::information& each : application::which_applications()) {
            runs = runs || each.name == app;
        }
        if (!runs) {
            co_return;
        }
        co_await sleep(std::chrono::microseconds{100});
    }
}

}  // namespace coppice::test
