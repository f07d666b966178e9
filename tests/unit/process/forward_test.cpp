// SPDX-License-Identifier: Apache-2.0
// A forwarded any_message arrives unchanged.

#include "coppice/timer.hpp"
#include "support/servers.hpp"

namespace coppice {
namespace {

using namespace std::chrono_literals;
using test::run_everywhere;

struct parcel {
    std::string text;
    std::unique_ptr<int> only_one;
};
struct get {
    int number = 0;
};
struct doubling {
    int handle_call(get g) { return 2 * g.number; }
};

any_message some_parcel() {
    parcel p{"book", std::make_unique<int>(7)};
    return any_message::of(std::move(p));
}

TEST(forwarding, brings_the_message_itself_by_pid_by_name_and_by_timer) {
    run_everywhere([]() -> task<> {
        register_name("me", self());
        send(self(), some_parcel());
        send("me", some_parcel());
        send_after(1ms, self(), some_parcel());
        send_after(1ms, "me", any_message::of(some_parcel()));
        for (int i = 0; i < 4; ++i) {
            auto next = receive<parcel>();
            const parcel got = co_await next;
            EXPECT_EQ(got.text, "book");
            EXPECT_EQ(*got.only_one, 7);
        }
    });
}

TEST(forwarding, of_a_call_lets_the_final_server_answer_the_caller) {
    run_everywhere([]() -> task<> {
        auto starting = start<doubling>();
        const pid worker = (co_await starting).value().whereis();
        const pid router = spawn([worker]() -> task<> {
            for (;;) {
                auto next = receive_any();
                send(worker, co_await next);
            }
        });
        const server<doubling> behind{router};
        for (int i = 0; i < 10; ++i) {
            EXPECT_EQ(co_await behind.call(get{i}), 2 * i);
        }
        EXPECT_TRUE((co_await process_info(router)).at(0).monitored_by.empty());
        EXPECT_TRUE((co_await process_info(worker)).at(0).monitored_by.empty());
        exit(worker, reason::kill);
        auto calling = behind.try_call(get{1}, no_timeout);
        const auto answer = co_await calling;
        EXPECT_FALSE(answer.has_value());
        exit(router, reason::kill);
    });
}

TEST(forwarding, of_an_empty_one_throws) {
    run_everywhere([]() -> task<> {
        any_message gone = some_parcel();
        send(self(), std::move(gone));
        EXPECT_THROW(send(self(), std::move(gone)), std::invalid_argument);
        EXPECT_TRUE((co_await receive<parcel>()).only_one != nullptr);
    });
}

task<> tell_name(pid owner) {
    send(owner, whereis("pulse") == self());
    co_return;
}

TEST(a_function_child, has_its_name_before_it_runs) {
    run_everywhere([]() -> task<> {
        auto starting = supervisor::start_link(children());
        const supervisor top = (co_await starting).value();
        for (int i = 0; i < 30; ++i) {
            auto adding =
                top.start_child(child("pulse", tell_name, self()).name("pulse").restart(temporary));
            co_await adding;
            EXPECT_TRUE(co_await receive<bool>());
            auto ending = top.terminate_child("pulse");
            co_await ending;
        }
        co_await stop(top.whereis());
    });
}

TEST(a_child_with_a_start_of_its_own, is_refused_a_name_by_its_spec) {
    const child_spec spec = child_with_start("x", [] { return start_link<doubling>(); }).name("x");
    const auto checked = check_childspecs(children(spec));
    ASSERT_FALSE(checked.has_value());
    EXPECT_EQ(checked.error()[0], exit_reason{"invalid_name"});
}

TEST(a_name_in_flags, is_a_copy_of_up_to_255_bytes) {
    supervisor_flags flags;
    {
        const std::string gone(255, 'n');
        flags.name = gone;
    }
    EXPECT_EQ(flags.name, std::string(255, 'n'));
    EXPECT_THROW(flags.name = std::string(256, 'n'), std::length_error);
    static_assert(std::is_trivially_destructible_v<supervisor_flags>);
    static_assert(std::is_trivially_destructible_v<dynamic_supervisor_flags>);
}

// Types that are messages.
struct many_fields {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q;
    std::string text;
    std::unique_ptr<int> only_one;
};
struct with_an_array {
    char text[16];
    int number;
};
struct a_base {
    int number;
};
struct with_a_base : a_base {
    std::string text;
};
class without_default {
  public:
    explicit without_default(int) {}
};
struct holds_no_defaults {
    without_default first;
    std::string text;
    without_default last;
};
static_assert(message<many_fields>);
static_assert(message<holds_no_defaults>);
static_assert(!message<with_an_array>);
static_assert(!message<with_a_base>);
static_assert(!message<std::expected<int*, int>>);
static_assert(!message<std::shared_ptr<const std::string_view>>);
static_assert(message<std::shared_ptr<const std::string>>);
static_assert(!message<std::initializer_list<int>>);
static_assert(!message<task<int>>);

}  // namespace
}  // namespace coppice
