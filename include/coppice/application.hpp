// SPDX-License-Identifier: Apache-2.0
// application: a named supervision tree. An application starts after its dependencies and stops before its
// dependencies.
//
//     struct shop {
//         static constexpr std::string_view name = "shop";
//         using depends_on = coppice::application::classes<inventory>;
//
//         auto start() {
//             return supervisor::start_link(children(child<till>()), {.strategy = one_for_one});
//         }
//     };
//
//     co_await application::ensure_all_started<shop>();       // inventory, then shop
//     co_await application::stop<shop>();
//     int main(int n, char** words) { return application::run<shop>(n, words); }    // program.hpp
//
//     member                               when                                            OTP
//     constructor                          before start, with no arguments                 State
//     start()                              starts the top supervisor; returns its          start/2
//                                          start_link, or a task of that or of its pid
//     [static start_phases]                a list of texts: the phases after start, in     start_phases
//                                          order
//     [start_phase(std::string_view)]      begins one phase; returns void or void_result   start_phase/3
//     [prep_stop()]                        before the tree stops                           prep_stop/1
//     [stop()]                             after the tree has stopped                      stop/1
//     [config_change(changes)]             the environment has changed at run time         config_change/3
//     [static environment()]               `settings`: keys, defaults, help                env
//     [static shutdown_timeout]            a time: the longest that a stop may take        shutdown_timeout
//     [static name, version, description]  texts; the default name is the class name       .app file
//
// Each callback may return task<…> instead and await. The callbacks run one after another in the master, the
// process of the application. A class without `start` is a library: its start only marks the library as
// started. Each process belongs to the application of its spawner, linked or not. Members still alive after
// the end of the tree are killed.
//
// When the top supervisor ends without a request to stop, `prep_stop` and `stop` run. The type of the
// application then decides:
//
//     type        normal                        any other reason, also shutdown
//     temporary   reported                      reported
//     transient   reported                      the whole runtime ends
//     permanent   the whole runtime ends        the whole runtime ends
//
// A failed start also ends the runtime if the type is permanent, or if the type is transient and the start
// did not fail by `exit(normal)`. To end the runtime, the controller stops the other applications, newest
// first, and asks the owner of the runtime to stop the runtime, see `request_stop`. `coppice::run` and
// `application::run` then answer 1, or 0 if the application ended with `normal`. `runtime::stop` also stops
// the applications newest first, within its deadline.
//
// `static constexpr auto shutdown_timeout = 3s;` limits `prep_stop`, the end of the tree and `stop` together,
// for every way of stopping the application. At the end of that time the master and all members of the
// application are killed, a report of level error names the application, and the next application is stopped.
// Without `shutdown_timeout` there is no limit.
//
// Threads    Inside a process. Each runtime has applications of its own.
// Blocking   start waits as long as the application needs. So does stop, up to `shutdown_timeout` if set.
// Errors     As exit reasons: `{not_started, App}`, `{already_started, App}`, `{not_loaded, App}`,
//            `{Why, {App, start, normal}}`, `{Why, {App, start_phase, Phase}}`,
//            `{bad_return, {{App, start, normal}, What}}`. `What` is `{'EXIT', Why}` for a callback that
//            crashed. `noproc` while an application is ending the runtime.
// Ownership  The master owns the object of the application class, and destroys the object at its own end.
// Cost       One process of the runtime, the controller, carries out starts and stops.
// Semantics  OTP's application and application_controller; docs/differences.md.
// Today      Included, optional and distributed applications are missing.

#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/detail/chrono.hpp"
#include "coppice/environment.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::application {

/// The applications that have to start first: `using depends_on = classes<inventory>;`
template <class... Apps>
struct classes {};

/// The differences between two environments, as given to `config_change`. Only top-level keys are compared: a
/// change within a nested table appears as a change of the whole table.
struct changes {
    table changed;                     ///< The new values.
    table added;                       ///< Keys that were missing, with their values.
    std::vector<std::string> removed;  ///< Keys that are gone.
    /// True if the environments are equal.
    bool empty() const noexcept { return changed.empty() && added.empty() && removed.empty(); }
};

/// An application that the runtime has loaded.
struct information {
    std::string name;               ///< As in the errors and in the functions below.
    std::string description;        ///< Empty if the class has none.
    std::string version;            ///< Empty if the class has none.
    restart_type type = temporary;  ///< Of the last start.
    /// From the end of the start, phases included, to the end or the stop of the application.
    bool running = false;
    /// True also for an application that has ended by itself, until `stop` is called.
    bool started = false;
    pid master;  ///< Empty unless the application runs.
    pid top;     ///< The top supervisor; empty unless the application runs.
};

namespace detail {

using coppice::detail::is_task;
using coppice::detail::start_kind;
using coppice::detail::start_outcome;

/// The application object of a running application, owned by its master.
struct callbacks {
    callbacks() = default;
    callbacks(const callbacks&) = delete;
    callbacks& operator=(const callbacks&) = delete;
    virtual ~callbacks() = default;
    virtual task<start_outcome> start() = 0;
    virtual task<void_result> start_phase(std::string_view phase) = 0;
    virtual task<> prep_stop() = 0;
    virtual task<> stop() = 0;
    virtual task<> config_change(changes what) = 0;
};

/// An application class as the controller sees it. One constant per class.
struct description {
    std::string (*name)();
    std::string (*text)();
    std::string (*version)();
    std::vector<const description*> (*depends_on)();
    std::vector<std::string> (*start_phases)();
    settings (*environment)();
    bool declares_environment;
    time_span shutdown_timeout;
    std::unique_ptr<callbacks> (*make)();  ///< Null for a library.
};

template <class App>
const description& describe();

start_outcome as_outcome(const pid& top);

template <class Answer>
start_outcome outcome_of(const Answer& answer) {
    if constexpr (requires { answer.outcome(); }) {
        return answer.outcome();
    } else if constexpr (requires { answer.whereis(); }) {
        return as_outcome(answer.whereis());
    } else if constexpr (std::is_same_v<Answer, pid>) {
        return as_outcome(answer);
    } else {
        static_assert(
            requires {
                answer.error();
                outcome_of(*answer);
            },
            "the start of an application returns its top supervisor: the result of start_link, a "
            "pid, a handle, std::expected of a pid or handle with an exit_reason, or a task of one "
            "of these types");
        start_outcome out;
        if (answer) {
            return outcome_of(*answer);
        }
        out.why = answer.error();
        return out;
    }
}

template <class App>
class callbacks_of final : public callbacks {
  public:
    task<start_outcome> start() override {
        auto starting = app_.start();
        if constexpr (is_task<decltype(starting)>::value ||
                      std::is_base_of_v<coppice::detail::waiter, decltype(starting)>) {
            const auto answer = co_await starting;
            co_return outcome_of(answer);
        } else {
            co_return outcome_of(starting);
        }
    }

    task<void_result> start_phase(std::string_view phase) override {
        if constexpr (requires { app_.start_phase(phase); }) {
            using answer = decltype(app_.start_phase(phase));
            if constexpr (std::is_same_v<answer, void_result>) {
                co_return app_.start_phase(phase);
            } else if constexpr (std::is_same_v<answer, task<void_result>>) {
                auto running = app_.start_phase(phase);
                auto result = co_await running;
                co_return result;
            } else {
                auto running = wait_for([&] { return app_.start_phase(phase); });
                co_await running;
            }
        }
        co_return void_result{};
    }

    task<> prep_stop() override {
        if constexpr (requires { app_.prep_stop(); }) {
            auto running = wait_for([this] { return app_.prep_stop(); });
            co_await running;
        }
        co_return;
    }

    task<> stop() override {
        if constexpr (requires { app_.stop(); }) {
            auto running = wait_for([this] { return app_.stop(); });
            co_await running;
        }
        co_return;
    }

    task<> config_change(changes what) override {
        if constexpr (requires { app_.config_change(what); }) {
            auto running = wait_for([&] { return app_.config_change(what); });
            co_await running;
        }
        co_return;
    }

  private:
    /// `call` lives in the frame of the caller.
    template <class Call>
    static task<> wait_for(Call call) {
        if constexpr (std::is_void_v<decltype(call())>) {
            call();
        } else {
            static_assert(std::is_same_v<decltype(call()), task<>>,
                          "a callback of an application returns void or coppice::task<>");
            auto running = call();
            co_await running;
        }
        co_return;
    }

    App app_;
};

template <class App>
std::vector<const description*> those(classes<>*) {
    return {};
}
template <class App, class... Others>
    requires(sizeof...(Others) > 0)
std::vector<const description*> those(classes<Others...>* /*named*/) {
    return {&describe<Others>()...};
}

template <class App>
struct facts {
    static std::string name() {
        if constexpr (requires { std::string{App::name}; }) {
            return std::string{App::name};
        } else {
            return coppice::detail::short_type_name<App>();
        }
    }
    static std::string text() {
        if constexpr (requires { std::string{App::description}; }) {
            return std::string{App::description};
        } else {
            return {};
        }
    }
    static std::string version() {
        if constexpr (requires { std::string{App::version}; }) {
            return std::string{App::version};
        } else {
            return {};
        }
    }
    static std::vector<const description*> depends_on() {
        if constexpr (requires { typename App::depends_on; }) {
            return those<App>(static_cast<typename App::depends_on*>(nullptr));
        } else {
            return {};
        }
    }
    static std::vector<std::string> start_phases() {
        std::vector<std::string> out;
        if constexpr (requires { App::start_phases; }) {
            static_assert(
                requires(App& app, std::string_view phase) { app.start_phase(phase); },
                "an application with start_phases has start_phase(std::string_view)");
            for (const auto& each : App::start_phases) {
                out.emplace_back(each);
            }
        }
        return out;
    }
    static constexpr bool declares_environment = requires { settings{App::environment()}; };
    static settings environment() {
        if constexpr (declares_environment) {
            return App::environment();
        } else {
            return {};
        }
    }
    static constexpr time_span shutdown_timeout() {
        if constexpr (requires { App::shutdown_timeout; }) {
            static_assert(
                std::is_convertible_v<decltype(App::shutdown_timeout), time_span>,
                "the shutdown_timeout of an application is a time: `static constexpr auto "
                "shutdown_timeout = 3s;`");
            constexpr time_span limit = App::shutdown_timeout;
            static_assert(limit.count() >= 0, "the shutdown_timeout of an application is negative");
            return limit;
        } else {
            return std::chrono::nanoseconds::max();
        }
    }
    static std::unique_ptr<callbacks> make() { return std::make_unique<callbacks_of<App>>(); }
    static constexpr bool is_library = !requires(App& app) { app.start(); };
    static constexpr auto maker() -> std::unique_ptr<callbacks> (*)() {
        if constexpr (is_library) {
            return nullptr;
        } else {
            return &make;
        }
    }
};

/// A constant, so that two applications that depend on one another can both name the other's description.
template <class App>
const description& describe() {
    using of = facts<App>;
    static constexpr description made{&of::name,
                                      &of::text,
                                      &of::version,
                                      &of::depends_on,
                                      &of::start_phases,
                                      &of::environment,
                                      of::declares_environment,
                                      of::shutdown_timeout(),
                                      of::maker()};
    return made;
}

using start_list = std::expected<std::vector<std::string>, exit_reason>;

void_result load(const description& what);
task<void_result> start(const description* what, restart_type type);
task<start_list> ensure_all_started(const description* what, restart_type type);
/// Ends the program with status 1 and a sentence about `error`, an error of `ensure_all_started`.
void request_stop_for_failed_start(const exit_reason& error);

}  // namespace detail

/// Loads an application and its environment without starting the application. Each declared default is
/// set unless the key already has a value. Errors: `{already_loaded, App}`, `{name_taken, App}` if
/// another class has the name.
template <class App>
void_result load() {
    return detail::load(detail::describe<App>());
}
/// Forgets an application that is not running, and its environment. Errors: `{running, App}`, also during a
/// start, and `{not_loaded, App}`.
void_result unload(std::string_view name);

/// Loads the application if necessary, and starts it. Its dependencies must be started
/// already. Two concurrent starts of one application get the same answer.
template <class App>
[[nodiscard("co_await it")]] task<void_result> start(restart_type type = temporary) {
    return detail::start(&detail::describe<App>(), type);
}
/// Starts a loaded application. Errors as above, and `{not_loaded, App}`.
[[nodiscard("co_await it")]] task<void_result> start(std::string name,
                                                     restart_type type = temporary);

/// Starts the application after all its dependencies, depth first, skipping started ones. All get the type.
/// Answers the names of the applications started here, oldest first. If one start fails, the applications
/// started here are stopped, newest first, and the error is `{App, Why}`. `Why` is
/// `{circular_dependency, App}` if an application depends on itself.
template <class App>
[[nodiscard("co_await it")]] task<std::expected<std::vector<std::string>, exit_reason>>
ensure_all_started(restart_type type = temporary) {
    return detail::ensure_all_started(&detail::describe<App>(), type);
}

/// Runs `prep_stop`, stops the tree, runs `stop`, then kills the remaining members. Takes as long as
/// the steps need, or at most the application's `shutdown_timeout`; the application has stopped in
/// either case. Never ends the runtime. An application that ended by itself is only marked as stopped.
/// Errors: `{not_started, App}`.
/// Cost: asks every process of the runtime whether the application is its own.
[[nodiscard("co_await it")]] task<void_result> stop(std::string name);
/// The same for the application of a class.
template <class App>
[[nodiscard("co_await it")]] task<void_result> stop() {
    return stop(detail::facts<App>::name());
}

/// Replaces the whole environment. If the application runs and a value differs, its master calls
/// `config_change`, and the caller waits for the end of that callback without a time limit. Errors: the
/// reason of a failed `config_change`; the new values stay.
[[nodiscard("co_await it")]] task<void_result> change_env(std::string name, table next);

/// The running applications, newest first.
[[nodiscard]] std::vector<information> which_applications();
/// The loaded applications, running or not, newest first.
[[nodiscard]] std::vector<information> loaded_applications();
/// The application that a process belongs to. Empty if there is none, or if the process has ended.
[[nodiscard("co_await it")]] task<std::string> get_application(pid who);

}  // namespace coppice::application

#pragma GCC visibility pop
