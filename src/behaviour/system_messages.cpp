// SPDX-License-Identifier: Apache-2.0
// Handling of system messages, and the wait of a suspended server.

#include <typeindex>
#include <utility>

#include "coppice/detail/system_request.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/sys.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {

/// Waits for a message that a suspended server takes. All other messages stay in the mailbox.
class suspension final : public waiter {
  public:
    explicit suspension(const behaviour_body& of) : of_{of} {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(suspended here) {
        looks = mailbox_look::by_type;
        suspend(here);
    }
    owned_message await_resume() { return std::move(taken_); }

  private:
    bool wants(const message_node& m) override {
        return m.type->role == message_role::system || of_.is_parents_exit(m);
    }
    void take(owned_message m) override { taken_ = std::move(m); }

    const behaviour_body& of_;
    owned_message taken_;
};

void behaviour_body::stop_by_request(exit_reason why) {
    set_stop(std::move(why));
}

/// The message is destroyed before the requested action begins.
void behaviour_body::take_system_message() {
    last_client_ = {};
    handle_system_request(static_cast<system_request&>(*current_.node()));
    current_ = {};
    if (has(stopping)) {
        begin_terminate(why_, false);
    } else if (suspends_) {
        task<> waiting = with_reserve([&] { return stay_suspended(); });
        phase_ = phase::suspended;
        handle_task(std::move(waiting));
    } else {
        wait_for_next();
    }
}

void behaviour_body::handle_system_request(system_request& asked) {
    owned_message answer = asked.carry_out(*this);
    if (asked.kind == signal_kind::call) {
        send_reply({asked.from, asked.tag, current_pid()}, std::move(answer));
    }
}

task<> behaviour_body::stay_suspended() {
    while (suspends_ && !has(stopping)) {
        suspension next{*this};
        const owned_message taken = co_await next;
        if (taken->type->role == message_role::system) {
            handle_system_request(static_cast<system_request&>(*taken));
        } else {
            set_stop(static_cast<value_message<exit_message>&>(*taken).value.why);
        }
    }
}

void behaviour_body::end_suspension() {
    phase_ = phase::serving;
    suspends_ = false;
    if (has(stopping)) {
        begin_terminate(why_, false);
    } else {
        wait_for_next();
    }
}

sys::status behaviour_body::status() const {
    sys::status out;
    out.process = current_pid();
    out.name = current_runtime().names().name_of(out.process);
    out.module = readable_type_name(served_class());
    out.state = is_suspended() ? sys::server_state::suspended : sys::server_state::running;
    out.parent = has_parent_ ? parent_ : out.process;
    out.shown_state = describe_state();
    describe_further(out);
    loop_details more = describe_loop();
    out.machine_state = std::move(more.state);
    out.timeouts = std::move(more.timeouts);
    out.postponed = std::move(more.postponed);
    return out;
}

void system_request::destroy_node(message_node* node) noexcept {
    delete static_cast<system_request*>(node);
}
std::string system_request::describe_node(const message_node& node) {
    return std::string{"system message "} + static_cast<const system_request&>(node).function;
}
void* system_request::payload_of(message_node& node) noexcept {
    return &node;
}
const std::type_info* system_request::described_by_of(const message_node&) noexcept {
    return &typeid(system_request);
}
const std::type_info* system_request::carried_of(const message_node&) noexcept {
    return &typeid(system_request);
}
const message_type system_request::type_of{&typeid(system_request),
                                           &type_hash<system_request>,
                                           &destroy_node,
                                           &describe_node,
                                           &describe_node,
                                           &payload_of,
                                           &described_by_of,
                                           &carried_of,
                                           &carried_of,
                                           message_role::system};

exit_reason callback_failed(const behaviour_body& by, const char* callback,
                            const std::exception_ptr& thrown) {
    bool is_exit = false;
    try {
        std::rethrow_exception(thrown);
    } catch (const process_exit&) {
        is_exit = true;
    } catch (...) {
        // an error
    }
    return exit_reason::tuple(
        "callback_failed",
        exit_reason::tuple(exit_reason::symbol(std::string{by.loop().behaviour}), callback),
        exit_reason::tuple(is_exit ? "exit" : "error", reason_of(thrown)));
}

exit_reason wrong_class(const std::type_info& asked, const std::type_info& served) {
    return exit_reason::tuple("wrong_class", exit_reason::symbol(readable_type_name(asked)),
                              exit_reason::symbol(readable_type_name(served)));
}

}  // namespace coppice::detail
