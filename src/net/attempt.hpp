// SPDX-License-Identifier: Apache-2.0
// One attempt to connect. Looks up a name, tries its addresses one after another, and sends the
// requester one answer before its deadline.

#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/descriptor.hpp"
#include "net/service_state.hpp"
#include "net/socket_address.hpp"

namespace coppice::net::detail {

class attempt final : public open_resource, public std::enable_shared_from_this<attempt> {
  public:
    /// The deadline is `within` from now; `no_timeout` means none.
    static std::shared_ptr<attempt> make(const std::shared_ptr<service_state>& service,
                                         std::string where, const pid& requester,
                                         std::chrono::nanoseconds within);
    attempt(std::shared_ptr<service_state> service, std::string where, const pid& requester);
    ~attempt() override;

    // Throw `std::bad_alloc`; no answer follows then.
    void begin(const std::string& host, std::uint16_t port);
    void begin_path(const std::string& path);
    handle_id id() const noexcept { return id_; }

    void abort() noexcept override;

  private:
    using clock = std::chrono::steady_clock;

    template <class Step>
    void run_step(Step step) noexcept;
    template <class Start>
    void begin_or_give_up(Start start);
    void set_deadline(std::chrono::nanoseconds within);
    void look_up(const std::string& host, std::uint16_t port);
    void use_lookup(lookup known) noexcept;
    void try_next();
    bool try_address(const address& where);
    void wait_for_answer();
    void limit_address_time();
    void try_again_soon();
    void on_answer(std::size_t number);
    void note_failure(int error);
    void succeed();
    void fail(std::string_view why) noexcept;
    void finish() noexcept;
    std::string time_text() const;

    std::shared_ptr<service_state> service_;
    const handle_id id_;
    const std::string where_;
    const pid requester_;

    std::mutex mutex_;  ///< Guards all below.
    asio::posix::stream_descriptor file_;
    asio::steady_timer deadline_timer_;
    /// The share of the remaining time for the present address.
    asio::steady_timer address_timer_;
    std::chrono::nanoseconds within_{};
    clock::time_point deadline_ = clock::time_point::max();
    std::vector<address> addresses_;
    std::size_t tried_ = 0;
    std::string last_failure_;
    bool over_ = false;
};

}  // namespace coppice::net::detail
