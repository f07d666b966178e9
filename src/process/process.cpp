// SPDX-License-Identifier: Apache-2.0
// Birth and turns. What signals do is in process_signals.cpp, the end in process_death.cpp.

#include "process/process.hpp"

#include <utility>

#include "base/turn.hpp"
#include "platform/throw_stack.hpp"
#include "process/crash_boundary.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

/// How many messages a process may handle before it looks whether somebody has killed it.
constexpr unsigned unlooked_max = 32;

void set_turn(const turn& begun) noexcept {
    this_turn = begun;
    platform::watch_throws(begun.whose != nullptr && begun.whose->world().chosen().capture_stacks);
}

}  // namespace

void body::on_error(exit_reason why, bool reported) {
    if (reported) {
        report_crash(why);
    }
    end_process(std::move(why));
}

bool process::push(signal& sent, std::uint32_t generation) noexcept {
    if (generation != this->generation()) {
        return false;
    }
    switch (inbox_.push(sent, generation)) {
        case mailbox::push_result::closed:
            return false;
        case mailbox::push_result::queued:
            return true;
        case mailbox::push_result::wake:
            world_.scheduler().enqueue(*this);
            return true;
    }
    return true;
}

void process::be_stillborn() noexcept {
    links_ = {};
    monitored_by_ = {};
    world_.table().release(*this);
}

void process::forget_stillborn(const pid& child, const spawn_request& how) noexcept {
    links_.erase(child);
    watching_.erase(how.monitor_tag);
    watching_.erase(how.second_monitor_tag);
}

void process::be_born(std::unique_ptr<body> what, ancestry ancestors) noexcept {
    body_ = std::move(what);
    supervisor_.store(body_->is_supervisor(), std::memory_order_relaxed);
    ancestors_ = std::move(ancestors);
    dying_.store(false, std::memory_order_relaxed);
    marks_.store(0, std::memory_order_relaxed);
    toll_.store(0, std::memory_order_relaxed);
    // Open but not blocked: signals queue up, and only begin() enqueues the process.
    inbox_.open(generation_.load(std::memory_order_relaxed), false);
}

const ancestry& process::ancestry_of_children() {
    // Who never had a name has none now: that spares the look into the table.
    const bool named = has_mark(was_named);
    std::string name = named ? world_.names().name_of(self()) : std::string{};
    if (!of_children_ || of_children_->name != name) {
        of_children_ = descend(self(), std::move(name), ancestors_);
    }
    return of_children_;
}

void process::begin() noexcept {
    world_.scheduler().enqueue(*this);
}

/// When it returns another worker may be running the process already.
[[gnu::always_inline]] inline void process::run_until(std::uint64_t ends_at) noexcept {
    unsigned unlooked = unlooked_max;
    const std::uint32_t generation = generation_.load(std::memory_order_relaxed);
    for (;;) {
        if (unlooked >= unlooked_max || has_to_look()) {
            if (has_arrivals()) {
                take_in();
            }
            unlooked = 0;
        }
        if (doomed_ || ended_ || starved_ || drops_) {
            if (doomed_ || ended_ || starved_) {
                return end_or_starve();
            }
            if (!destroy_dropped()) {
                return end_outside();
            }
            unlooked = unlooked_max;  // more may have come in meanwhile
            continue;
        }
        if (const readiness now = ready(); now != readiness::yes) {
            if (now == readiness::ended) {
                return end_outside();
            }
            if (now == readiness::later) {
                return go_to_the_back(false);
            }
            if (is_entangled() && goes_with_others()) {
                return;
            }
            if (unlooked == 0 && inbox_.try_block(generation)) {
                return let_followers_go();
            }
            unlooked = unlooked_max;
            continue;
        }
        if (std::exchange(gives_way_, false) || has_spent(ends_at)) {
            return follow_receiver() ? let_followers_go() : go_to_the_back(false);
        }
        ++unlooked;
        if (!step()) {
            bury_alone();
            return let_followers_go();
        }
    }
}

void process::run_turn() noexcept {
    // One of another runtime may be driving this one, as a simulation within a process does.
    const turn outer = this_turn;
    const std::uint64_t ends_at = reductions() + world_.chosen().turn_budget;
    set_turn({.whose = this, .ends_at = ends_at});
    hurried_.store(false, std::memory_order_relaxed);
    run_until(ends_at);
    set_turn(outer);
}

/// Whoever has no memory for what it has to do tries again when all others have had a turn: there is
/// no bound, as nothing else could be done, and no haste.
void process::end_or_starve() noexcept {
    if ((doomed_ || ended_) && die()) {
        return let_followers_go();
    }
    go_to_the_back(false);
}

/// It was killed while code of the user's ran between two handlers, or that code has ended it.
void process::end_outside() noexcept {
    if (!custody_.is_lost()) {
        return end_or_starve();
    }
    bury_alone();
    let_followers_go();
}

/// The process has nothing to do. True if it follows its receiver, or waits for what its followers are going to send.
bool process::goes_with_others() noexcept {
    if (follow_receiver()) {
        let_followers_go();
        return true;
    }
    if (is_followed()) {
        go_to_the_back(true);
        return true;
    }
    return false;
}

void process::go_to_the_back(bool has_caught_up) noexcept {
    if (is_followed()) {
        let_next_follower_go(has_caught_up);
    }
    world_.scheduler().enqueue_back(*this);
}

/// Who has messages need not look for more after each one, which would take the inbox's line away
/// from those who are writing it. What is in the mailbox came before all that is in the inbox.
[[gnu::always_inline]] inline bool process::has_to_look() const noexcept {
    return mailbox_.empty() || (wait_ != nullptr && wait_->polls) ||
           hurried_.load(std::memory_order_relaxed);
}

/// Whether `take_in` would change anything: to look costs less than the call.
[[gnu::always_inline]] inline bool process::has_arrivals() const noexcept {
    return inbox_.has_signals() || late_ != nullptr || toll_.load(std::memory_order_relaxed) != 0;
}

/// These and what comes after them go on at the next turn: there may be memory then.
[[gnu::cold]] void process::starve(signal& first, signal* others) noexcept {
    starved_ = true;
    put_off(first);
    while (others != nullptr) {
        put_off(*std::exchange(others, others->next));
    }
}

/// False if there was no memory to go on to the end.
[[gnu::always_inline]] inline bool process::handle_all(signal* next, bool first_is_known) noexcept {
    while (next != nullptr) {
        signal* taken = std::exchange(next, next->next);
        if (world_.wants_events() && !first_is_known) {
            world_.emit_signal(base::event_kind::received, self(), taken->from, taken);
        }
        first_is_known = false;
        if (taken->kind == signal_kind::message && !doomed_) {  // most are, and need no memory
            ++messages_here;
            mailbox_.append(static_cast<message_node&>(*taken));
        } else if (!handled(*taken)) {
            starve(*taken, next);
            return false;
        }
    }
    return true;
}

/// What has come in before, and had to wait. False as `handle_all`.
[[gnu::noinline]] bool process::handle_late() noexcept {
    const bool starved = starved_;
    starved_ = false;
    return handle_all(take_late(), starved);
}

void process::take_in() noexcept {
    if (late_ != nullptr && !doomed_ && !handle_late()) {
        return;
    }
    handle_all(inbox_.take_all(generation_.load(std::memory_order_relaxed)), false);
    // Who is followed has taken a toll.
    if (mailbox_.size() >= backlog_of_a_toll || toll_.load(std::memory_order_relaxed) != 0) {
        set_toll();
    }
}

[[gnu::always_inline]] inline process::readiness process::ready() {
    if (!begun_) {
        return readiness::yes;
    }
    if (has_root_) {
        return wait_is_over();
    }
    return !mailbox_.empty() || body_->has_work(true) ? readiness::yes : readiness::no;
}

[[gnu::always_inline]] inline process::readiness process::wait_is_over() {
    if (wait_ == nullptr || wait_over_) {
        return readiness::yes;
    }
    if (wait_->looks == mailbox_look::by_type) {
        message_node* found =
            mailbox_.scan([&](const message_node& candidate) { return wait_->wants(candidate); });
        if (found != nullptr) {
            handling_ = handled_message{found->type->taken(*found)};
            wait_->take(owned_message{found});
            wait_over_ = true;
            return readiness::yes;
        }
    } else if (wait_->looks == mailbox_look::by_condition) {
        if (const readiness asked = ask_conditions(); asked != readiness::no) {
            return asked;
        }
    }
    if (wait_->polls) {
        wait_->timed_out = true;
        wait_over_ = true;
    }
    return wait_over_ ? readiness::yes : readiness::no;
}

/// False if the process has been declared dead meanwhile.
[[gnu::always_inline]] inline bool process::step() {
    reduce(1);
    try {
        go_on();
    } catch (...) {
        custody_.leave();  // it may have been thrown inside
        fail(std::current_exception());
    }
    return custody_.enter();
}

/// Everything from here to the user's code and back is outside, but for what is chosen first.
[[gnu::always_inline]] inline void process::go_on() {
    if (!begun_) {
        begun_ = true;
        custody_.leave();
        body_->start();
    } else if (has_root_) {
        resume(next_resumption());
    } else if (body_->has_work(mailbox_.empty())) {
        custody_.leave();
        body_->do_work();
    } else {
        handle_message(mailbox_.pop());
    }
}

[[gnu::always_inline]] inline void process::handle_message(message_node& next) {
    handling_ = handled_message{next.type->taken(next)};
    custody_.leave();
    body_->on_message(any_message{owned_message{&next}});
}

[[gnu::always_inline]] inline std::coroutine_handle<> process::next_resumption() {
    std::coroutine_handle<> next = root_.handle();
    if (waiter* over = std::exchange(wait_, nullptr)) {
        over->end_timer();
        over->owner_ = nullptr;
        mailbox_.restart_scan();
        next = over->resumes;
    } else if (yielded_) {
        next = std::exchange(yielded_, {});
    }
    wait_over_ = false;
    return next;
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
    root_ = std::move(root);
    has_root_ = true;
    root_.handle().resume();
    after_root();
}

/// Innermost first, and one after the other: they may be many calls deep.
void process::release_coroutines() noexcept {
    const std::coroutine_handle<> innermost = wait_ != nullptr ? wait_->resumes : yielded_;
    wait_ = nullptr;
    yielded_ = {};
    has_root_ = false;
    release_chain(innermost, root_.handle());
    root_.reset();
}

std::coroutine_handle<> resume_from_turn(std::coroutine_handle<> next) noexcept {
    process* running = current_process();
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
    has_root_ = false;
    const task<> finished = std::move(root_);
    finished.handle().promise().take();  // throws what the coroutine threw
    body_->on_task_done();
}

void process::fail(const std::exception_ptr& error) {
    if (is_doomed()) {
        return;  // the exception only unwound what an exit signal had ended already
    }
    release_coroutines();
    if (const custody::hold held = inside()) {
        mailbox_.restart_scan();  // the handler of the failure may wait
    }
    try {
        exit_reason why = reason_of(error);
        const bool reportable = !is_plain_exit(error) || !why.is_quiet();
        body_->on_error(std::move(why), reportable);
    } catch (...) {
        fail_again(std::current_exception());
    }
}

/// What dealt with the failure failed: that is dealt with once, and then it is the end.
void process::fail_again(const std::exception_ptr& error) {
    if (is_doomed()) {
        return;
    }
    exit_reason why = reason_of(error);
    try {
        const bool reportable = !is_plain_exit(error) || !why.is_quiet();
        body_->on_error(why, reportable);
    } catch (...) {
        end(std::move(why));
    }
}

bool process::is_doomed() noexcept {
    const custody::hold held = inside();
    return !held || doomed_;
}

/// It goes before it is over, and its answer may have come already.
void process::abandon_wait() noexcept {
    wait_ = nullptr;
    if (const custody::hold held = inside()) {
        wait_over_ = false;
        mailbox_.restart_scan();
    }
}

void process::end(exit_reason why) {
    const custody::hold held = inside();
    if (held && !ended_) {
        ended_ = true;
        why_ = std::move(why);
    }
}

void process::doom(exit_reason why) noexcept {
    if (!doomed_) {
        doomed_ = true;
        why_ = std::move(why);
    }
}

}  // namespace coppice::detail
