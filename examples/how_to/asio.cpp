// SPDX-License-Identifier: Apache-2.0
// How to: an operation of Asio, awaited by a process.

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <coppice/asio_await.hpp>
#include <coppice/coppice.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <thread>

using namespace coppice;
using tcp = asio::ip::tcp;

/// An io_context with a thread, for the whole program.
class loop {
  public:
    loop() : thread_{[this] { io.run(); }} {}
    ~loop() {
        io.stop();
        thread_.join();
    }
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::thread thread_;
};

task<std::string> address_of(std::shared_ptr<loop> runs, std::string host) {
    const auto resolver = std::make_shared<tcp::resolver>(runs->io);
    auto resolving =
        resolver->async_resolve(tcp::v4(), host, "80", use_process_for_result.keeping(resolver));
    const auto found = co_await resolving;
    co_return found ? found->begin()->endpoint().address().to_string() : found.error().message();
}

task<> app(std::shared_ptr<loop> runs) {
    const std::string address = co_await address_of(runs, "localhost");
    std::cout << "localhost is " << address << '\n';
}

int main() {
    const auto runs = std::make_shared<loop>();
    return coppice::run([runs] { return app(runs); });
}
