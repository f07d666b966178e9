// SPDX-License-Identifier: Apache-2.0
// A blocking call runs on a thread of the program's own, and the reply comes from there. The queue is bounded.

#include <coppice/coppice.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

using namespace coppice;
using namespace std::chrono_literals;

/// One thread with a bounded queue. The destructor waits for the running job.
class worker_thread {
  public:
    /// False if the queue is full.
    bool run(std::function<void()> job) {
        {
            const std::scoped_lock lock{mutex_};
            if (jobs_.size() == 16) {
                return false;
            }
            jobs_.push_back(std::move(job));
        }
        wake_.notify_one();
        return true;
    }

  private:
    void work(const std::stop_token& stop) {
        for (;;) {
            std::unique_lock lock{mutex_};
            if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) {
                return;
            }
            const std::function<void()> job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            job();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::function<void()>> jobs_;
    std::jthread thread_{[this](const std::stop_token& stop) { work(stop); }};
};

std::string read_slowly(const std::string& path) {
    std::this_thread::sleep_for(20ms);  // A call that blocks its thread.
    return "contents of " + path;
}

struct disk {
    struct read {
        using reply = std::optional<std::string>;
        std::string path;
    };

    void handle_call(read m, reply_to<std::optional<std::string>> from) {
        if (!thread.run([from, path = std::move(m.path)] { from(read_slowly(path)); })) {
            from(std::nullopt);  // Too much work waits: the caller decides.
        }
    }

    worker_thread thread;
};

task<> app() {
    co_await supervisor::start_link(children(child<disk>().name("disk")));
    const auto text = co_await server<disk>{"disk"}.call<disk::read>("menu.txt");
    std::cout << text.value_or("busy") << '\n';
}

int main() {
    return coppice::run(app);
}
