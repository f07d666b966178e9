// SPDX-License-Identifier: Apache-2.0
// The process of an asynchronous task.

#include <string>
#include <utility>

#include "coppice/detail/send_reply.hpp"
#include "coppice/detail/task_work.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "process/caller.hpp"
#include "process/runtime_core.hpp"

namespace coppice::detail {
namespace {

/// How long a supervised task waits for its order.
constexpr std::chrono::seconds longest_wait_for_order{5};

class task_body : public body {
  public:
    task_body(std::unique_ptr<task_work> work, const pid& owner, std::uint64_t tag)
        : work_{std::move(work)}, owner_{owner}, tag_{tag} {}

    void start() override { run_task(run()); }
    void on_task_done() override { end_process(reason::normal); }
    void on_error(exit_reason why, bool reported) override {
        if (reported) {
            report_end(why);
        }
        body::on_error(std::move(why), reported);
    }
    std::string initial_call() const override { return work_->describe(); }

  protected:
    task<> run() {
        auto running = work_->run(tag_);
        owned_message answer = co_await running;
        if (tag_ != 0) {
            send_reply({owner_, tag_, {}}, std::move(answer));
        }
    }
    void take(task_order order) noexcept {
        work_ = std::move(order.work);
        tag_ = order.tag;
    }
    const pid& owner() const noexcept { return owner_; }

  private:
    void report_end(const exit_reason& why) const {
        runtime_core& world = current_runtime();
        const pid me = current_pid();
        world.report_if_possible(report_level::error, me, [&] {
            return text_report{"task " + to_string(me) + " started from " + to_string(owner_) +
                               " terminating: " + to_string(why) + "; function: " + initial_call()};
        });
    }

    std::unique_ptr<task_work> work_;
    pid owner_;
    std::uint64_t tag_;
};

/// The body of a supervised task. The supervisor never sees the function, so the owner may send one that can be
/// moved only, and the owner's monitor is older than the result.
class waiting_task_body final : public task_body {
  public:
    waiting_task_body(const pid& owner, std::string described)
        : task_body{nullptr, owner, 0}, described_{std::move(described)} {}

    void start() override { run_task(run_order()); }
    std::string initial_call() const override { return described_; }

  private:
    task<> run_order() {
        const ref watching = monitor(owner());
        auto waiting =
            receive(when([this](const task_order& each) { return each.owner == owner(); },
                         [this](task_order each) { take(std::move(each)); }),
                    when([watching](const down_message& each) { return each.monitor == watching; },
                         [](const down_message& each) { exit(reason::shutdown_with(each.why)); }),
                    after(longest_wait_for_order, [] { exit(reason::timeout); }));
        co_await waiting;
        demonitor(watching, demonitor_option::flush);
        auto running = run();
        co_await running;
    }

    std::string described_;
};

}  // namespace

std::unique_ptr<body> make_task_body(std::unique_ptr<task_work> work, const pid& owner,
                                     std::uint64_t tag) {
    return std::make_unique<task_body>(std::move(work), owner, tag);
}

std::unique_ptr<body> make_waiting_task_body(const pid& owner, std::string described) {
    return std::make_unique<waiting_task_body>(owner, std::move(described));
}

}  // namespace coppice::detail
