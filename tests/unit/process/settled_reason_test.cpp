// SPDX-License-Identifier: Apache-2.0
// The first cause settles a process's reason. An exit signal to itself is
// judged by `trap_exit` at handling time.

#include <functional>
#include <utility>

#include "support/servers.hpp"

namespace coppice {
namespace {

using test::end_of_new;
using test::run_everywhere;

/// Calls a function on destruction.
class last_deed {
  public:
    explicit last_deed(std::function<void()> deed) : deed_{std::move(deed)} {}
    last_deed(last_deed&& other) noexcept : deed_{std::exchange(other.deed_, nullptr)} {}
    last_deed& operator=(last_deed&&) = delete;
    ~last_deed() {
        if (deed_) {
            deed_();
        }
    }

  private:
    std::function<void()> deed_;
};

void kill_itself() {
    exit(self(), reason::kill);
}
void send_itself_an_exit() {
    exit(self(), "too late");
}
void send_itself_an_exit_while_it_traps() {
    trap_exit(true);
    exit(self(), "too late");
    trap_exit(false);
}

TEST(the_reason_of_an_end, is_not_changed_by_exit_signals_of_destructors_to_their_own_process) {
    run_everywhere([]() -> task<> {
        for (const auto deed :
             {kill_itself, send_itself_an_exit, send_itself_an_exit_while_it_traps}) {
            auto kept = end_of_new([last = last_deed{deed}] {});
            EXPECT_EQ(co_await kept, reason::normal);
            auto sent = end_of_new([deed] { send(self(), last_deed{deed}); });
            EXPECT_EQ(co_await sent, reason::normal);
            auto failed = end_of_new([last = last_deed{deed}] { exit("first"); });
            EXPECT_EQ(co_await failed, "first");
            const monitored_process told =
                spawn_monitor([last = last_deed{deed}]() -> task<> { co_await receive<int>(); });
            exit(told.process, "first");
            EXPECT_EQ((co_await receive<down_message>()).why, "first");
        }
    });
}

/// A signal from the process to itself, sent with `trap_exit` on and handled with `trap_exit` off.
void send_itself_one(const exit_reason& why) {
    trap_exit(true);
    exit(self(), why);
    trap_exit(false);
}

TEST(exit_to_self, sent_while_trapping_ends_a_process_that_traps_no_more_even_with_normal) {
    run_everywhere([]() -> task<> {
        for (const exit_reason& why : {exit_reason{reason::normal}, exit_reason{"other"}}) {
            auto ending = end_of_new([why]() -> task<> {
                send_itself_one(why);
                co_await yield();
                exit("it lives");
            });
            EXPECT_EQ(co_await ending, why);
        }
    });
}

TEST(exit_to_another, with_normal_never_ends_a_process_that_stopped_trapping) {
    run_everywhere([]() -> task<> {
        const monitored_process deaf = spawn_monitor([]() -> task<> {
            trap_exit(true);
            co_await receive<int>();
            trap_exit(false);
            co_await receive<int>();
            exit("it lives");
        });
        send(deaf.process, 1);
        exit(deaf.process, reason::normal);
        send(deaf.process, 2);
        EXPECT_EQ((co_await receive<down_message>()).why, "it lives");
    });
}

}  // namespace
}  // namespace coppice
