// SPDX-License-Identifier: Apache-2.0
// Handlers for slow calls and for the spans of traces.

#include <coppice/coppice.hpp>
#include <coppice/telemetry.hpp>

#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace coppice;
using namespace std::chrono_literals;

struct shop {
    struct order {
        int pages = 1;
    };
    task<int> handle_call(order o) {
        co_await sleep(o.pages * 60ms);
        co_return o.pages;
    }
};

struct request {
    std::string traceparent;  // Of an HTTP header.
    int pages = 1;
};

task<> handle(request r) {
    const auto context = telemetry::parse_traceparent(r.traceparent);
    const telemetry::with_context here{context ? *context : telemetry::new_trace()};
    const shop::order order{r.pages};
    co_await server<shop>{"shop"}.call(order);
}

/// Stands for the library of a tracer. Handlers run on every scheduler thread, so the list needs a lock.
class exporter {
  public:
    void add(std::string name) {
        const std::scoped_lock lock{mutex_};
        spans_.push_back(std::move(name));
    }
    std::vector<std::string> spans() const {
        const std::scoped_lock lock{mutex_};
        return spans_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> spans_;
};

void tell_slow(const telemetry::call_stop& e) {
    if (e.duration > 100ms) {
        std::cout << e.request_type() << " was slow\n";
    }
}

void attach_tracer(const std::shared_ptr<exporter>& out) {
    telemetry::attach("tracer", [out](const telemetry::call_stop& e) {
        if (e.context && e.context->is_sampled()) {
            out->add(e.request_type());
        }
    });
}

task<> app() {
    co_await supervisor::start_link(children(child<shop>().name("shop")));
    const auto traces = std::make_shared<exporter>();
    telemetry::attach("slow-calls", tell_slow);
    attach_tracer(traces);

    const server<shop> front{"shop"};
    const shop::order small{1};
    const shop::order large{2};
    co_await front.call(small);
    co_await front.call(large);

    const request traced{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 1};
    co_await handle(traced);
    const std::vector<std::string> spans = traces->spans();
    for (const std::string& each : spans) {
        std::cout << "span: " << each << '\n';
    }
}

int main() {
    return coppice::run(app);
}
