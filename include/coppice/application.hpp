// SPDX-License-Identifier: Apache-2.0
// application: a supervision tree with a name, that is started after the applications that it depends
// on, and stopped before them.
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
//     start()                              to start the top supervisor; gives its          start/2
//                                          start_link, or a task of it or of its pid
//     [static start_phases]                a list of texts: after start, in that order,    start_phases
//     [start_phase(std::string_view)]      each is begun; returns void or void_result      start_phase/3
//     [prep_stop()]                        before the tree is stopped                      prep_stop/1
//     [stop()]                             when the tree is down                           stop/1
//     [config_change(changes)]             its environment has changed while it runs       config_change/3
//     [static environment()]               `settings`: keys, defaults, help                env
//     [static shutdown_timeout]            a time: how long its stop may take                shutdown_timeout
//     [static name, version, description]  texts; the name is the class's unless said      .app file
//
// Each may return task<…> instead and await. They run one after the other in the application's own
// process, its master. A class without `start` is a library: to start it is to say so. Everything that is
// spawned by a process of an application belongs to that application, linked or not, and so on; what is
// left of it when its tree is down is killed.
//
// When the top supervisor ends by itself, `prep_stop` and `stop` run, and then its type decides:
//
//     type        normal                        any other reason, also shutdown
//     temporary   reported                      reported
//     transient   reported                      the whole runtime ends
//     permanent   the whole runtime ends        the whole runtime ends
//
// A start that fails ends it too if the type is permanent, or transient, unless by `exit(normal)`. The
// runtime ends like this: the other applications are stopped, newest first, and whoever owns the runtime
// is asked to stop it, see `request_stop`; `coppice::run` and `application::run` answer 1 then.
// `runtime::stop` stops the applications newest first, too, within its deadline.
//
// `static constexpr auto shutdown_timeout = 3s;` limits `prep_stop`, the end of the tree and `stop` together,
// however the application is asked to stop. When the time is over its master and all that belongs to it are
// killed, a report of level error says so, and the next application is stopped. Without it there is no limit.
//
// Threads    Inside a process. One runtime's applications are unknown to another.
// Blocking   start waits as long as the application needs; stop too, unless it has a shutdown_timeout.
// Errors     As exit reasons: `{not_started, App}`, `{already_started, App}`, `{not_loaded, App}`,
//            `{Why, {App, start, normal}}`, `{Why, {App, start_phase, Phase}}`,
//            `{bad_return, {{App, start, normal}, What}}`; what failed is `{'EXIT', Why}` if it crashed.
//            `noproc` when the runtime is ending because of an application.
// Semantics  OTP's application and application_controller; docs/differences.md.

#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/child_spec.hpp"
#include "coppice/environment.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/time_span.hpp"

#pragma GCC visibility push(default)

namespace coppice::application {

/// The applications that have to be started before: `using depends_on = classes<inventory>;`
template <class... Apps>
struct classes {};

/// How an environment has changed: what `config_change` is told.
struct changes {
    table changed;  ///< With their new values.
    table added;
    std::vector<std::string> removed;
    bool empty() const noexcept { return changed.empty() && added.empty() && removed.empty(); }
};

/// An application that the runtime knows.
struct information {
    std::string name;
    std::string description;
    std::string version;
    restart_type type = temporary;
    bool running = false;
    /// Also one that has ended by itself and was not stopped since.
    bool started = false;
    pid master;  ///< Empty unless it runs.
    pid top;     ///< Its top supervisor; empty unless it runs.
};

namespace detail {

using coppice::detail::is_task;
using coppice::detail::start_kind;
using coppice::detail::start_outcome;

/// The object of an application that runs, in its master.
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

/// An application's class, as the controller sees it. One for each class, for ever.
struct description {
    std::string (*name)();
    std::string (*text)();
    std::string (*version)();
    std::vector<const description*> (*depends_on)();
    std::vector<std::string> (*start_phases)();
    settings (*environment)();
    bool declares_environment;
    time_span shutdown_timeout;
    std::unique_ptr<callbacks> (*make)();  ///< Null: a library.
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
            "the start of an application gives its top supervisor: what start_link "
            "gives, a pid or a handle, std::expected of these with an exit_reason, or a "
            "task of one of these");
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
    /// `call` lives in the caller's frame.
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

/// Constant, so that two that depend on one another may be looked at.
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
/// The program ends with 1 and a sentence about `error`, which is that of `ensure_all_started`.
void request_stop_for_failed_start(const exit_reason& error);

}  // namespace detail

/// Makes an application and its environment known without starting it: the defaults of what it declares
/// stand where nothing was put before. Errors: `{already_loaded, App}`.
template <class App>
void_result load() {
    return detail::load(detail::describe<App>());
}
/// Forgets it with its environment. Errors: `{running, App}`, `{not_loaded, App}`.
void_result unload(std::string_view name);

/// Loads the application if it has to, and starts it; what it depends on has to be started already.
/// Two that start it at once get the same answer.
template <class App>
[[nodiscard("co_await it")]] task<void_result> start(restart_type type = temporary) {
    return detail::start(&detail::describe<App>(), type);
}
/// One that is loaded. Errors besides: `{not_loaded, App}`.
[[nodiscard("co_await it")]] task<void_result> start(std::string name,
                                                     restart_type type = temporary);

/// Starts it after everything that it depends on, depth first, as far as that is not started; all get
/// the type. Answers what was started, oldest first. If one fails, those that were started are stopped,
/// newest first, and the error is `{App, Why}`; `{circular_dependency, App}` if it depends on itself.
template <class App>
[[nodiscard("co_await it")]] task<std::expected<std::vector<std::string>, exit_reason>>
ensure_all_started(restart_type type = temporary) {
    return detail::ensure_all_started(&detail::describe<App>(), type);
}

/// `prep_stop`, then the tree, then `stop`, then what is left is killed; as long as it takes, or within
/// the application's `shutdown_timeout`: it has stopped then, too. Never ends the runtime. One that has ended by itself is marked as stopped. Errors: `{not_started, App}`.
/// Cost: of all processes of the runtime each is asked whether it belongs to it.
[[nodiscard("co_await it")]] task<void_result> stop(std::string name);
template <class App>
[[nodiscard("co_await it")]] task<void_result> stop() {
    return stop(detail::facts<App>::name());
}

/// Replaces the whole environment; if the application runs and something differs, its `config_change`
/// hears of it in its master, and this waits for that. Errors: why that failed; the new values stay.
[[nodiscard("co_await it")]] task<void_result> change_env(std::string name, table next);

/// Those that run, newest first.
[[nodiscard]] std::vector<information> which_applications();
/// Those that are loaded, whether they run or not, newest first.
[[nodiscard]] std::vector<information> loaded_applications();
/// The application that a process belongs to; empty if to none, or if it has ended.
[[nodiscard("co_await it")]] task<std::string> get_application(pid who);

}  // namespace coppice::application

#pragma GCC visibility pop
