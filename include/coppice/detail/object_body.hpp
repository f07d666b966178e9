// SPDX-License-Identifier: Apache-2.0
// The object of the user's class behind a behaviour: construction, init, terminate, and the state for tools.

#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "coppice/detail/behaviour_body.hpp"
#include "coppice/detail/server_state.hpp"
#include "coppice/task.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

struct has_terminate {
    void terminate();
};
template <class T>
struct with_terminate : T, has_terminate {};
template <class T>
concept names_terminate =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &with_terminate<T>::terminate; };
template <class T>
concept has_fitting_terminate = requires(T& t, const exit_reason& why) { t.terminate(why); };

struct has_init {
    void init();
};
template <class T>
struct with_init : T, has_init {};
template <class T>
concept names_init =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &with_init<T>::init; };
template <class T>
concept has_fitting_init = requires(T& t) { t.init(); };

template <class R>
inline constexpr bool is_nothing = std::is_void_v<R> || std::is_same_v<R, task<>>;

/// Reports at compile time a member with the name of a callback that the library would never call.
template <class T>
constexpr void require_fitting_life_cycle() {
    static_assert(has_fitting_terminate<T> || !names_terminate<T>,
                  "terminate of a server is public and takes a coppice::exit_reason");
    static_assert(has_fitting_init<T> || !names_init<T>,
                  "init of a server is public and takes nothing; init of a supervisor class is "
                  "public, static, not overloaded, and returns coppice::supervisor_init");
}

/// Whether tools show the class as a behaviour of its own, such as a supervisor.
template <class T>
concept names_its_kind = requires {
    { T::kind_of_body } -> std::same_as<const body_kind&>;
    &T::initial_call;
};

/// The body of a process that serves an object of class T. Precondition: `Loop` derives from `behaviour_body`.
template <class T, class Loop>
class object_body : public Loop {
  public:
    using Loop::Loop;
    using object = T;

    std::string describe_state() const final {
        return state_ ? status_printed_safely([&] { return show_formatted(*state_); })
                      : std::string{};
    }
    std::string raw_state() const final { return state_ ? show_state(*state_) : std::string{}; }
    const std::type_info& served_class() const final { return typeid(T); }
    void* served() noexcept final { return state_ ? &*state_ : nullptr; }
    void describe_further(sys::status& out) const final {
        if constexpr (requires(const T& t) { t.describe_status(out); }) {
            state_->describe_status(out);
        }
    }
    std::string initial_call() const final {
        if constexpr (names_its_kind<T>) {
            return state_ ? state_->initial_call() : std::string{T::kind_of_body.behaviour};
        } else {
            return readable_type_name(typeid(T)) + "::init";
        }
    }
    const body_kind& kind() const noexcept final {
        if constexpr (names_its_kind<T>) {
            return T::kind_of_body;
        } else {
            return Loop::kind_of_loop;
        }
    }

  protected:
    /// Calls a function of the object. True if the function is a coroutine, which then runs.
    template <class Function>
    bool run_own(Function function) {
        if constexpr (std::is_void_v<decltype(function())>) {
            function();
            return false;
        } else {
            this->handle_task(function());
            return true;
        }
    }

    std::optional<T> state_;

  private:
    template <class Print>
    static std::string status_printed_safely(Print print) {
        try {
            return print();
        } catch (...) {
            return readable_type_name(typeid(T)) +
                   (formats_status<T> ? "::format_status threw" : " could not be printed");
        }
    }

    bool serve_terminate(const exit_reason& why) final {
        if constexpr (has_fitting_terminate<T>) {
            static_assert(is_nothing<decltype(state_->terminate(why))>,
                          "terminate of a server returns void or task<>: a result would be lost");
            return run_own([&] { return state_->terminate(why); });
        }
        return false;
    }
};

/// A body of class Body, whose object `make` constructs.
template <class Body, class Make>
class made_body final : public Body {
  public:
    made_body(address name, Make make)
        : Body{std::move(name)}, make_{std::in_place, std::move(make)} {}

  private:
    bool construct() override {
        Body::require_members();
        (*make_)(this->state_);
        make_.reset();
        if constexpr (has_fitting_init<typename Body::object>) {
            static_assert(is_nothing<decltype(this->state_->init())>,
                          "init of a server returns void or task<>: a start fails by exit(reason), "
                          "stop_with(reason) or ignore(), not by a result");
            return this->run_own([this] { return this->state_->init(); });
        }
        return false;
    }

    std::optional<Make> make_;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
