// SPDX-License-Identifier: Apache-2.0
// Turns of a process. Signals are in signal_handling.cpp, the end in death.cpp.

#include <utility>

#include "base/turn.hpp"
#include "coppice/detail/contract.hpp"
#include "platform/throw_stack.hpp"
#include "process/crash_boundary.hpp"
#include "process/intake.hpp"
#include "process/process.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

/// Messages that a process may handle between two looks at the inbox, where an exit signal may be.
constexpr unsigned unlooked_max = 32;

}  // namespace

/// Chooses what comes next, and does it unless it is a step or a look. On `left` another scheduler thread may be
/// running the process already.
[[gnu::always_inline]] inline process::choice process::choose(std::uint64_t ends_at,
                                                              unsigned unlooked) noexcept {
    if (life_.needs_care()) {
        if (life_.has_to_die() || life_.has(process_layer::life::mark::starved)) {
            end_or_starve();
            return choice::left;
        }
        if (!attend_to_bound() || !destroy_dropped()) {
            end_outside();
            return choice::left;
        }
        return choice::look;  // more signals may have come meanwhile
    }
    if (const readiness now = ready(); now != readiness::yes) {
        if (now != readiness::no) [[unlikely]] {
            now == readiness::ended ? end_outside() : go_to_the_back(false);
            return choice::left;
        }
        if (unlooked == 0 && standing_.is_entangled() && goes_with_others()) {
            return choice::left;
        }
        return (unlooked == 0 || !has_put_off()) && blocks() ? choice::left : choice::look;
    }
    if (gives_way_ || has_spent(ends_at)) {
        gives_way_ = false;
        follow_receiver() ? let_followers_go() : go_to_the_back(false);
        return choice::left;
    }
    return choice::step;
}

/// False if a signal has come meanwhile.
[[gnu::always_inline]] inline bool process::blocks() noexcept {
    if (!inbox_.try_block(generation_.load(std::memory_order_relaxed))) {
        return false;
    }
    let_followers_go();
    return true;
}

/// A function of its own: the longer a function with a catch clause, the longer takes an exception that reaches it.
[[gnu::noinline]] void process::run_until(std::uint64_t ends_at, unsigned unlooked) noexcept {
    for (;;) {
        const choice next = choose(ends_at, unlooked);
        if (next == choice::left) {
            return;
        }
        if (next == choice::look) {
            take_in_here();
            unlooked = 0;
        } else if (!goes_on_after_step(unlooked)) {
            return;
        }
    }
}

/// Makes a step, and looks into the inbox when it is time. False if the turn is over.
[[gnu::always_inline]] inline bool process::goes_on_after_step(unsigned& unlooked) noexcept {
    if (!step()) {
        finish_absent_death();
        let_followers_go();
        return false;
    }
    const bool has_rest = rests();
    if (has_rest && inbox_.try_block(generation_.load(std::memory_order_relaxed))) {
        if (standing_.is_followed_at_rest()) [[unlikely]] {
            let_all_followers_go();  // a process with a bound never rests: its toll is not zero
        }
        return false;
    }
    ++unlooked;
    if (has_rest || unlooked >= unlooked_max || has_to_look()) {
        take_in_here();
        unlooked = 0;
    }
    return true;
}

/// Whether a turn without a wait begins with a step: nothing is spent yet, so `choose` would come to the same.
[[gnu::always_inline]] inline bool process::begins_with_step() const noexcept {
    return wait_ == nullptr && !life_.needs_care() &&
           (!mailbox_.empty() || life_.is_born() || has_root());
}

// The thread acts for no process before and after. Turns nest when a process runs a simulation: the simulation
// keeps the turn of the thread.
void process::run_turn() noexcept {
    const runtime_core::settings& chosen = runtime_.chosen();
    base::this_turn = {.whose = this, .ends_at = reductions() + chosen.turn_budget};
    platform::watch_throws(chosen.capture_stacks);
    hurried_.store(false, std::memory_order_relaxed);
    unsigned unlooked = 0;
    // A turn usually begins with the message for which the process has waited, and ends after the step.
    if ((!take_in_here() && !begins_with_step()) || goes_on_after_step(unlooked)) {
        // A process that has ended needs no choice.
        life_.has_to_die() ? end_or_starve() : run_until(base::this_turn.ends_at, unlooked);
    }
    base::leave_turn();
}

void process::ask_to_yield() noexcept {
    // Pairs with no acquire: a turn that reads `hurried_` late goes on a little longer.
    hurried_.store(true, std::memory_order_seq_cst);
}

/// A process without memory for its next step retries after all other processes have had a turn. The number
/// of retries has no bound, as nothing else could be done.
void process::end_or_starve() noexcept {
    if (life_.has_to_die() && die()) {
        return let_followers_go();
    }
    go_to_the_back(false);
}

/// User code outside of a handler (a condition, a destructor) has run. Either the process was killed
/// meanwhile, or that code has ended the process.
void process::end_outside() noexcept {
    if (!custody_.is_lost()) {
        return end_or_starve();
    }
    finish_absent_death();
    let_followers_go();
}

/// Called when the process has nothing to do. True if the process follows its receiver, or goes to the back
/// of the queue to wait for the messages of its followers.
bool process::goes_with_others() noexcept {
    if (follow_receiver()) {
        let_followers_go();
        return true;
    }
    if (standing_.is_followed()) {
        go_to_the_back(true);
        return true;
    }
    return false;
}

void process::go_to_the_back(bool has_caught_up) noexcept {
    if (standing_.is_followed()) {
        let_next_follower_go(has_caught_up);
    }
    if (is_bounded()) [[unlikely]] {
        let_waiting_go(false);
    }
    runtime_.scheduler().enqueue_back(*this);
}

/// A process with messages need not look for more after each one: the look would take the inbox's cache line
/// away from the senders. Messages in the mailbox are older than all signals in the inbox. Nor need a process
/// that waits: without a message the process tries to block, which fails if a signal has come.
[[gnu::always_inline]] inline bool process::has_to_look() const noexcept {
    return hurried_.load(std::memory_order_relaxed) ||
           (wait_ != nullptr ? wait_->polls : mailbox_.empty());
}

/// Whether a look has to come before the process blocks, whatever is in the inbox: signals were put off, the
/// toll is to fall, or followers wait until the process has caught up.
[[gnu::always_inline]] inline bool process::has_put_off() const noexcept {
    return late_ != nullptr || toll_.now() != 0 || standing_.is_entangled();
}

/// Whether the process has nothing to do after a step unless a signal has come. A process that blocks need not
/// look into the inbox before: the block fails if a signal is there.
[[gnu::always_inline]] inline bool process::rests() const noexcept {
    if (!mailbox_.empty() || wait_over_ || life_.needs_care() || has_put_off()) {
        return false;
    }
    return wait_ != nullptr ? !wait_->polls : !has_root() && !body_->has_work(true);
}

/// A wait is asked for first: a process that waits has begun, and a coroutine of it waits.
[[gnu::always_inline]] inline process::readiness process::ready() {
    if (wait_ != nullptr) {
        return wait_is_over();
    }
    if (life_.is_born() || has_root()) {
        return readiness::yes;
    }
    return !mailbox_.empty() || body_->has_work(true) ? readiness::yes : readiness::no;
}

[[gnu::always_inline]] inline process::readiness process::wait_is_over() {
    if (wait_over_) {
        return readiness::yes;
    }
    if (wait_->looks == mailbox_look::by_type) {
        if (take_wanted()) {
            return readiness::yes;
        }
    } else if (wait_->looks == mailbox_look::by_condition) {
        if (const readiness asked = ask_conditions(); asked != readiness::no) {
            return asked;
        }
    }
    if (wait_->polls) [[unlikely]] {
        wait_->timed_out = true;
        wait_over_ = true;
        return readiness::yes;
    }
    return readiness::no;
}

/// True if the wait has got a message and is over. The message is owned by the wait before the message is
/// out of the mailbox: no user code runs between.
[[gnu::always_inline]] inline bool process::take_wanted() noexcept {
    const message_node* const taken =
        mailbox_.scan([this](message_node& candidate) { return wait_->claim(candidate); });
    if (taken == nullptr) {
        return false;
    }
    end_search(*taken);
    return true;
}

/// False if the process has been declared dead meanwhile.
[[gnu::always_inline]] inline bool process::step() {
    reduce(1);
    try {
        go_on();
    } catch (...) {
        fail_here();
    }
    return custody_.enter();
}

/// User code runs outside of the custody. The choice of the next step is made inside.
[[gnu::always_inline]] inline void process::go_on() {
    if (wait_ != nullptr) {
        resume(end_wait());
    } else if (life_.is_born()) {
        life_.begin();
        custody_.leave();
        body_->start();
    } else if (has_root()) {
        resume(yielded_ ? std::exchange(yielded_, {}) : root_.handle());
    } else if (body_->has_work(mailbox_.empty())) {
        custody_.leave();
        body_->do_work();
    } else {
        handle_message(mailbox_.pop());
    }
}

[[gnu::always_inline]] inline void process::handle_message(message_node& next) {
    handling_ = process_layer::handled_message{next.type->taken(next)};
    custody_.leave();
    body_->on_message(any_message{owned_message{&next}});
}

[[gnu::always_inline]] inline std::coroutine_handle<> process::end_wait() noexcept {
    waiter& over = *std::exchange(wait_, nullptr);
    over.end_timer();
    over.owner_ = nullptr;
    wait_over_ = false;
    mailbox_.restart_scan();
    return over.resumes;
}

[[gnu::always_inline]] inline void process::resume(std::coroutine_handle<> next) {
    custody_.leave();
    next.resume();
    after_root();
}

void process::run_task(task<> root) {
    if (!root) {
        refuse_empty_task();
    }
    COPPICE_EXPECTS(!has_root(), "run a task after the coroutine before has returned");
    root_ = std::move(root);
    root_.handle().resume();
    after_root();
}

/// Destroys coroutines from the innermost outwards, in a loop: the chain may be many calls deep.
void process::release_coroutines() noexcept {
    const std::coroutine_handle<> innermost = wait_ != nullptr ? wait_->resumes : yielded_;
    wait_ = nullptr;
    yielded_ = {};
    const task<> root = std::move(root_);
    release_chain(innermost, root.handle());
}

std::coroutine_handle<> resume_from_turn(std::coroutine_handle<> next) noexcept {
    process* running = base::current_process();
    if (running == nullptr) {
        return next;
    }
    running->go_on_later(next);
    return std::noop_coroutine();
}

void process::after_root() {
    if (!root_.handle().done()) {
        return;
    }
    const task<> finished = std::move(root_);
    finished.handle().promise().take();  // rethrows the coroutine's exception
    body_->on_task_done();
}

void process::fail_here() noexcept {
    custody_.leave();  // the exception may come from inside
    fail(std::current_exception());
}

void process::fail(const std::exception_ptr& error) {
    if (is_doomed()) {
        return;  // the exception only unwound code of a process that was killed before
    }
    release_coroutines();
    if (const process_layer::custody::hold held = inside()) {
        wait_over_ = false;  // `on_error` may wait
        mailbox_.restart_scan();
    }
    try {
        exit_reason why = reason_of(error);
        const bool reportable = !process_layer::is_plain_exit(error) || !why.is_quiet();
        body_->on_error(std::move(why), reportable);
    } catch (...) {
        fail_again(std::current_exception());
    }
}

/// `on_error` has failed too. It is called once more; after another failure the process ends.
void process::fail_again(const std::exception_ptr& error) {
    if (is_doomed()) {
        return;
    }
    exit_reason why = reason_of(error);
    try {
        const bool reportable = !process_layer::is_plain_exit(error) || !why.is_quiet();
        body_->on_error(why, reportable);
    } catch (...) {
        end(std::move(why));
    }
}

/// The waiter goes before its wait is over. The answer may have come already.
void process::abandon_wait() noexcept {
    wait_ = nullptr;
    if (const process_layer::custody::hold held = inside()) {
        wait_over_ = false;
        mailbox_.restart_scan();
    }
}

}  // namespace coppice::detail

namespace coppice::process_layer {

void fail_here() noexcept {
    base::current_process()->fail_here();
}

}  // namespace coppice::process_layer
