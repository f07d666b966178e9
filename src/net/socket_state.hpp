// SPDX-License-Identifier: Apache-2.0
// One connection. Every member may be called on any thread.
//
//     state      open                     closing                        closed
//     read       asks the OS              `disconnected`                 `disconnected`
//     write      to the OS, then buffer   refused                        refused
//     leaves by  close(), last handle     all written, and the peer      -
//                                         closed or linger_max over
//
// The descriptor is used under `mutex_` only, so the destructor of a process can close
// it at once, on its own thread.

#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "net/descriptor.hpp"
#include "net/service_state.hpp"

namespace coppice::net::detail {

class listener_state;

class socket_state final : public open_resource, public std::enable_shared_from_this<socket_state> {
  public:
    /// Throws `std::bad_alloc` or `std::system_error`; the caller still owns `connected` then.
    static std::shared_ptr<socket_state> make(const std::shared_ptr<service_state>& service,
                                              descriptor& connected);
    explicit socket_state(std::shared_ptr<service_state> service);
    ~socket_state() override;

    void read_next(const pid& to);
    write_result write(std::string_view bytes);
    void write_next(const pid& to);
    void close();
    const std::string& peer() noexcept;
    std::optional<credentials> peer_credentials() noexcept;
    handle_id id() const noexcept { return id_; }

    /// Called when the last handle goes.
    void drop_last_handle() noexcept;
    /// The connection returns to the listener `by` if `requester` ends before using
    /// the connection, or is never told.
    void was_accepted_by(std::weak_ptr<listener_state> by, const pid& requester);
    void set_handed_over(bool on) noexcept { was_handed_over_ = on; }

    void abort() noexcept override;
    bool is_flushing() noexcept override;

  private:
    bool adopt(descriptor& connected);
    void close_unless_closing() noexcept;
    void begin_to_close() noexcept;
    void notify_reader(const pid& reader, const char* why) noexcept;
    void wait_to_read();
    void wait_to_write();
    void on_readable(bool failed);
    void on_writable(bool failed);
    struct reading;
    reading read_some();
    reading end_without_memory() noexcept;
    void read_more() noexcept;
    void drain();
    bool send_some(std::string_view& bytes);
    bool buffer_rest(std::string_view bytes) noexcept;
    void fail(int error) noexcept;
    void send_pending();
    void wait_to_write_rest() noexcept;
    void shut_down_writes() noexcept;
    void cut_after_linger();
    void cut() noexcept;
    pid take_ready_writer() noexcept;
    bool returns_to_listener() const noexcept;

    std::shared_ptr<service_state> service_;
    const handle_id id_;
    std::string peer_;                         ///< Written once before publication.
    std::optional<credentials> peer_process_;  ///< Written once before publication.
    std::atomic<bool> was_used_ = false;
    std::atomic<bool> was_handed_over_ = true;
    std::weak_ptr<listener_state> accepted_by_;  ///< Written once before publication.
    pid requester_;                              ///< Written once before publication.

    std::mutex mutex_;  ///< Guards all below.
    asio::posix::stream_descriptor file_;
    std::optional<asio::steady_timer> linger_;
    std::string pending_;   ///< Bytes the OS has not taken.
    std::size_t sent_ = 0;  ///< How much of `pending_` has been sent.
    pid reader_;
    pid writer_;
    /// The `errno` of the failure that ended the connection.
    int failure_ = 0;
    bool reading_ = false;
    bool writing_ = false;
    bool closing_ = false;
};

}  // namespace coppice::net::detail
