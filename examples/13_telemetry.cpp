// SPDX-License-Identifier: Apache-2.0
// Durations of calls as a Prometheus histogram, and one order as a trace over two servers.

#include <coppice/coppice.hpp>
#include <coppice/telemetry.hpp>

#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

using namespace coppice;
using namespace std::chrono_literals;

/// coppice_call_duration_seconds{request}. Locked, since handlers run on every scheduler thread.
class call_histogram {
  public:
    void add(const std::string& request, std::chrono::nanoseconds took) {
        const double seconds = std::chrono::duration<double>{took}.count();
        const std::scoped_lock lock{mutex_};
        series& of = all_[request];
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            of.buckets[i] += seconds <= bounds[i] ? 1U : 0U;
        }
        of.sum += seconds;
        ++of.count;
    }
    void write(std::ostream& out) const {
        const std::string name = "coppice_call_duration_seconds";
        const std::scoped_lock lock{mutex_};
        out << "# HELP " << name << " From the request to the reply.\n"
            << "# TYPE " << name << " histogram\n";
        for (const auto& [request, of] : all_) {
            const std::string label = "{request=\"" + request + "\"";
            for (std::size_t i = 0; i < bounds.size(); ++i) {
                out << name << "_bucket" << label << ",le=\"" << bounds[i] << "\"} "
                    << of.buckets[i] << '\n';
            }
            out << name << "_bucket" << label << ",le=\"+Inf\"} " << of.count << '\n'
                << name << "_sum" << label << "} " << of.sum << '\n'
                << name << "_count" << label << "} " << of.count << '\n';
        }
    }

  private:
    static constexpr std::array bounds{0.01, 0.1, 1.0};
    struct series {
        std::array<std::uint64_t, bounds.size()> buckets{};
        double sum = 0;
        std::uint64_t count = 0;
    };
    mutable std::mutex mutex_;
    std::map<std::string, series> all_;
};

struct printer {
    struct print {
        int pages = 1;
    };
    task<int> handle_call(print job) {
        co_await sleep(job.pages * 20ms);
        co_return job.pages;
    }
};

struct shop {
    struct order {
        int pages = 1;
    };
    task<int> handle_call(order o) {
        const printer::print job{o.pages};
        co_return co_await server<printer>{"printer"}.call(job);
    }
};

void tell(const telemetry::call_start& e) {
    if (e.context) {
        std::cout << to_string(*e.context) << ' ' << e.request_type() << " within "
                  << telemetry::to_string(e.parent) << '\n';
    }
}

task<> app() {
    co_await supervisor::start_link(
        children(child<printer>().name("printer"), child<shop>().name("shop")));
    const auto durations = std::make_shared<call_histogram>();
    telemetry::attach("histogram", [durations](const telemetry::call_stop& e) {
        durations->add(e.request_type(), e.duration);
    });
    telemetry::attach("trace", tell);

    const server<shop> front{"shop"};
    for (const int pages : {0, 1, 4, 30}) {
        const shop::order next{pages};
        co_await front.call(next);
    }
    {
        // The context as an HTTP request would carry it.
        const telemetry::with_context here{*telemetry::parse_traceparent(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")};
        const shop::order last{2};
        co_await front.call(last);
    }
    durations->write(std::cout);
}

int main() {
    return coppice::run(app);
}
