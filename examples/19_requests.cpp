// SPDX-License-Identifier: Apache-2.0
// Prices from several shops: asked one by one, all at once, the quickest only, and by messages of their own.

#include <coppice/coppice.hpp>
#include <coppice/interval.hpp>
#include <coppice/requests.hpp>

#include <iostream>

using namespace coppice;
using namespace std::chrono_literals;

struct shop {
    struct price_of {
        std::string what;
    };
    shop(int price, int milliseconds) : price{price}, thinks{milliseconds} {}
    task<int> handle_call(price_of) {
        co_await sleep(thinks);
        co_return price;
    }
    int price;
    std::chrono::milliseconds thinks;
};

/// Asks at its start, and takes other messages until the response arrives.
struct customer {
    struct greeting {};
    using info_messages = messages<greeting, response_message>;

    explicit customer(const server<shop>& in) : asked{send_request(in, shop::price_of{"tea"})} {}
    void handle_info(greeting) const { std::cout << "the customer greets\n"; }
    void handle_info(response_message m) {
        if (const auto price = check_response(m, asked)) {
            std::cout << "the customer pays " << price->value() << '\n';
        }
    }

    request_id<int> asked;
};

struct beat {};

task<server<shop>> open_shop(int price, int milliseconds) {
    auto starting = start_link<shop>(price, milliseconds);
    const start_result<shop> started = co_await starting;
    co_return started.value();
}

void tell(const std::string& what, std::chrono::nanoseconds since) {
    const auto passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_time() - since);
    std::cout << what << " after " << passed.count() << " ms\n";
}

task<> ask_at_once(server<shop> near, server<shop> far) {
    const auto before = monotonic_time();
    const shop::price_of tea{"tea"};
    auto both = all(near.call(tea), far.call(tea));
    const auto [first, second] = co_await both;
    tell("all: " + std::to_string(first) + " and " + std::to_string(second), before);

    const auto again = monotonic_time();
    auto quickest = any(far.call(tea), near.call(tea));
    const any_reply<int> got = co_await quickest;
    tell("any: " + std::to_string(got.value), again);
}

task<> ask_and_go_on(server<shop> near, server<shop> far) {
    request_collection<int> asked;
    asked.add(send_request(far, shop::price_of{"tea"}), "far");
    asked.add(send_request(near, shop::price_of{"tea"}), "near");
    const interval ticking = send_interval(150ms, self(), beat{});
    co_await receive<beat>();
    std::cout << "meanwhile: a beat\n";
    cancel_interval(ticking);
    while (asked.size() > 0) {
        auto waiting = receive_response(asked, 200ms);
        const auto got = co_await waiting;
        if (!got) {
            std::cout << to_string(got.error()) << '\n';
            break;
        }
        std::cout << got->label << ": " << got->outcome.value() << '\n';
    }
}

task<> ask_by_message(server<shop> near) {
    auto starting = start_link<customer>(near);
    const start_result<customer> started = co_await starting;
    send(started.process(), customer::greeting{});
    co_await sleep(1s);
}

task<> app() {
    const server<shop> near = co_await open_shop(3, 100);
    const server<shop> far = co_await open_shop(2, 300);
    co_await ask_at_once(near, far);
    co_await sleep(1s);
    co_await ask_and_go_on(near, far);
    co_await ask_by_message(near);
}

int main() {
    return coppice::run(app);
}
