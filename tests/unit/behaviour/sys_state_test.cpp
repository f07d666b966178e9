// SPDX-License-Identifier: Apache-2.0
// The state of a server: reading, replacing and showing.

#include <memory>
#include <stdexcept>

#include "coppice/sys.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::fresh;
using test::reports_of;
using test::run_everywhere;
using test::scripted;

/// The object is the state.
struct tally {
    struct crash {};
    struct get {};
    int handle_call(get) const { return count; }
    void handle_cast(crash) { throw std::runtime_error{"crash"}; }

    int count = 0;
    std::string owner = "nobody";
    bool operator==(const tally&) const = default;
};

/// Cannot be copied. Provides a state by a function of its own.
class account {
  public:
    struct balance {
        int cents = 0;
        bool operator==(const balance&) const = default;
    };
    struct get {};

    explicit account(int cents) : held_{std::make_unique<balance>(cents)} {}
    int handle_call(get) const { return held_->cents; }
    balance state() const { return *held_; }
    void replace_state(balance next) { *held_ = next; }

  private:
    std::unique_ptr<balance> held_;
};

/// Cannot be copied. Provides only a text of the state.
class vault {
  public:
    struct get {};
    struct crash {};
    int handle_call(get) const { return *held_; }
    void handle_cast(crash) { exit("crash"); }
    std::string format_status() const { return "a vault"; }

  private:
    std::unique_ptr<int> held_ = std::make_unique<int>(7);
};

/// Throws when shown.
struct broken {
    struct crash {};
    explicit broken(int given) : value{given} {}
    void handle_cast(crash) { exit("crash"); }
    std::string format_status() const { throw std::runtime_error{"broken"}; }
    int value;
};

template <class T, class... Args>
task<server<T>> started(Args... args) {
    auto starting = start<T>(args...);
    const start_result<T> result = co_await starting;
    co_return result.value();
}

TEST(the_state_of_a_server, is_its_object_if_the_class_is_copyable) {
    run_everywhere([]() -> task<> {
        const tally given{3, "ada"};
        const server<tally> s = co_await started<tally>(given);
        const tally got = co_await sys::get_state(s);
        EXPECT_EQ(got, (tally{3, "ada"}));
        const tally same = co_await sys::get_state<tally>(s.whereis());
        EXPECT_EQ(same, got);
        EXPECT_EQ(co_await sys::get_state(s.whereis()), "tally{count: 3, owner: \"ada\"}");
    });
}

TEST(the_state_of_a_server, is_the_state_type_that_the_class_defines) {
    run_everywhere([]() -> task<> {
        const server<account> s = co_await started<account>(5);
        const account::balance got = co_await sys::get_state(s);
        EXPECT_EQ(got.cents, 5);
        EXPECT_EQ(co_await sys::get_state(s.whereis()), "balance{cents: 5}");
        const account::balance next = co_await sys::replace_state(
            s, [](account::balance b) -> account::balance { return {b.cents + 1}; });
        EXPECT_EQ(next.cents, 6);
        EXPECT_EQ(co_await s.call(account::get{}), 6);
    });
}

TEST(the_state_of_a_server, is_replaced_by_a_function_even_while_the_server_is_suspended) {
    run_everywhere([]() -> task<> {
        const tally given{1, "ada"};
        const server<tally> s = co_await started<tally>(given);
        co_await sys::suspend(s);
        const tally next = co_await sys::replace_state(s, [](tally t) {
            t.count += 10;
            return t;
        });
        EXPECT_EQ(next, (tally{11, "ada"}));
        co_await sys::resume(s);
        EXPECT_EQ(co_await s.call(tally::get{}), 11);
    });
}

TEST(the_state_of_a_server, is_unchanged_when_the_function_throws) {
    run_everywhere([]() -> task<> {
        const tally given{1, "ada"};
        const server<tally> s = co_await started<tally>(given);
        const auto thrown = co_await sys::try_replace_state(
            s, [](tally) -> tally { throw std::runtime_error{"no"}; });
        EXPECT_EQ(to_string(thrown.error()),
                  "{callback_failed,{gen_server,system_replace_state},{error,"
                  "{std::runtime_error,\"no\"}}}");
        const auto exited =
            co_await sys::try_replace_state(s, [](tally) -> tally { exit("leave"); });
        EXPECT_EQ(to_string(exited.error()),
                  "{callback_failed,{gen_server,system_replace_state},{exit,leave}}");
        const tally after = co_await sys::get_state(s);
        EXPECT_EQ(after, (tally{1, "ada"}));
        const auto replaces = [s]() -> task<> {
            co_await sys::replace_state(s, [](tally) -> tally { exit("leave"); });
        };
        const exit_reason ended = co_await test::end_of_new(replaces);
        EXPECT_EQ(ended, exited.error());
    });
}

TEST(the_state_of_a_server, is_refused_when_asked_for_as_another_class) {
    run_everywhere([]() -> task<> {
        const tally given{};
        const server<tally> s = co_await started<tally>(given);
        const auto wrong = co_await sys::try_get_state<account>(s.whereis());
        EXPECT_EQ(wrong.error()[0], "wrong_class");
        const auto replaced = co_await sys::try_replace_state(server<account>{s.whereis()},
                                                              [](account::balance b) { return b; });
        EXPECT_EQ(replaced.error(), wrong.error());
    });
}

TEST(the_state_of_a_server, is_shown_raw_by_get_state_and_formatted_by_get_status) {
    run_everywhere([]() -> task<> {
        const server<vault> s = co_await started<vault>();
        const sys::status told = co_await sys::get_status(s);
        EXPECT_EQ(told.shown_state, "a vault");
        const std::string raw = co_await sys::get_state(s.whereis());
        EXPECT_NE(raw, "a vault");
        EXPECT_NE(raw.find("vault"), std::string::npos);
        EXPECT_EQ(co_await s.call(vault::get{}), 7);

        const server<broken> b = co_await started<broken>(4);
        const sys::status failed = co_await sys::get_status(b);
        EXPECT_NE(failed.shown_state.find("broken::format_status threw"), std::string::npos);
    });
}

TEST(the_state_of_a_server, is_formatted_in_reports) {
    const auto state_when_it_crashes = []<class T>(std::type_identity<T>, auto... args) {
        const auto all = test::only<server_report>(reports_of([args...]() -> task<> {
            const server<T> s = co_await started<T>(args...);
            s.cast(typename T::crash{});
            co_await sleep(1s);
        }));
        return all.empty() ? std::string{"no report"} : all[0].state;
    };
    EXPECT_EQ(state_when_it_crashes(std::type_identity<vault>{}), "a vault");
    EXPECT_EQ(state_when_it_crashes(std::type_identity<tally>{}, tally{2, "x"}),
              "tally{count: 2, owner: \"x\"}");
    EXPECT_NE(
        state_when_it_crashes(std::type_identity<broken>{}, 4).find("broken::format_status threw"),
        std::string::npos);
}

TEST(the_status_of_a_server, names_process_class_parent_and_state) {
    run_everywhere([]() -> task<> {
        const tally given{1, "ada"};
        auto starting = start_link<tally>(named("told"), given);
        const start_result<tally> linked = co_await starting;
        const sys::status told = co_await sys::get_status("told");
        EXPECT_EQ(told.process, linked.process());
        EXPECT_EQ(told.name, "told");
        EXPECT_NE(told.module.find("tally"), std::string::npos);
        EXPECT_EQ(told.parent, self());
        EXPECT_EQ(told.shown_state, "tally{count: 1, owner: \"ada\"}");
        EXPECT_FALSE(told.supervisor.has_value());
        co_await stop(linked.process());

        const tally none{};
        const server<tally> alone = co_await started<tally>(none);
        const sys::status of_alone = co_await sys::get_status(alone);
        EXPECT_EQ(of_alone.parent, alone.whereis());
        EXPECT_EQ(of_alone.name, "");
    });
}

TEST(the_status_of_a_supervisor, has_its_flags_and_children) {
    run_everywhere([]() -> task<> {
        const tally empty{};
        auto specs = children(child<tally>(empty).id("a"), child<tally>(empty).id("b"));
        const supervisor_flags flags{
            .strategy = rest_for_one, .max_restarts = 7, .max_seconds = 9s};
        auto starting = supervisor::start_link(specs, flags);
        auto begun = co_await starting;
        const supervisor tree = begun.value();
        const sys::status told = co_await sys::get_status(tree);
        EXPECT_TRUE(told.supervisor.has_value());
        const sys::supervisor_status& its = *told.supervisor;
        EXPECT_EQ(its.strategy, "rest_for_one");
        EXPECT_EQ(its.max_restarts, 7);
        EXPECT_EQ(its.max_seconds, 9s);
        EXPECT_EQ(its.auto_shutdown, "never");
        EXPECT_EQ(its.children.size(), 2U);
        EXPECT_EQ(its.children[0].id, "a");
        EXPECT_EQ(its.children[1].id, "b");
        EXPECT_EQ(told.shown_state, "rest_for_one, children: 2");
        const std::string text = co_await sys::get_state(tree);
        EXPECT_NE(text.find("strategy: \"rest_for_one\""), std::string::npos) << text;

        const dynamic_supervisor_flags bounded{.max_children = 5};
        const extra_arguments none{};
        auto starting_dynamic = dynamic_supervisor::start_link(bounded, none);
        auto begun_dynamic = co_await starting_dynamic;
        const dynamic_supervisor pool = begun_dynamic.value();
        const sys::status of_pool = co_await sys::get_status(pool);
        EXPECT_EQ(of_pool.supervisor->strategy, "dynamic");
        EXPECT_EQ(of_pool.supervisor->max_children, 5U);
        EXPECT_EQ(of_pool.supervisor->max_restarts, 3);
    });
}

}  // namespace
}  // namespace coppice
