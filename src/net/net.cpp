// SPDX-License-Identifier: Apache-2.0
// Everything that touches a socket runs on the service's thread; handles only post to it.

#include "coppice/net.hpp"

#include <array>
#include <asio.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace coppice::net {
namespace detail {

using asio::ip::tcp;

constexpr std::chrono::milliseconds shortage_pause{50};

/// Something open on the service's thread.
class open_thing {
  public:
    open_thing() = default;
    open_thing(const open_thing&) = delete;
    open_thing& operator=(const open_thing&) = delete;
    virtual ~open_thing() = default;
    virtual void abort() noexcept = 0;
};

/// The thread, and the way from it into the runtime.
class service_state {
  public:
    explicit service_state(runtime& world) : world_{&world} {
        thread_ = std::thread{[this] { io.run(); }};
    }

    /// On the thread only, which ends before the runtime does. Under no lock: a message to a
    /// process that has ended is destroyed here, and the socket in it is closed then, which posts.
    template <class M>
    void tell(const pid& who, M message) {
        if (who) {
            world_->send(who, std::move(message));
        }
    }

    /// Runs `work` on the thread; drops it when the service has stopped, since work that waits for
    /// ever would keep what it refers to.
    template <class Work>
    void post(Work work) {
        const std::scoped_lock lock{mutex_};
        if (!stopped_) {
            asio::post(io, std::move(work));
        }
    }

    void opened(const std::shared_ptr<open_thing>& what) {
        const std::scoped_lock lock{mutex_};
        std::erase_if(open_, [](const auto& each) { return each.expired(); });
        open_.push_back(what);
    }

    /// Closes what is open, so that nothing waits on the thread, and lets that end.
    void stop() {
        std::vector<std::weak_ptr<open_thing>> closing;
        {
            const std::scoped_lock lock{mutex_};
            stopped_ = true;
            closing.swap(open_);
        }
        asio::post(io, [&closing] {
            for (const auto& each : closing) {
                if (const auto thing = each.lock()) {
                    thing->abort();
                }
            }
        });
        work_.reset();
        thread_.join();
    }

    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    runtime* world_;
    std::mutex mutex_;
    bool stopped_ = false;                         ///< Guarded by mutex_.
    std::vector<std::weak_ptr<open_thing>> open_;  ///< Guarded by mutex_.
    std::thread thread_;
};

class socket_state final : public open_thing, public std::enable_shared_from_this<socket_state> {
  public:
    socket_state(std::shared_ptr<service_state> s, tcp::socket connected)
        : service_{std::move(s)}, socket_{std::move(connected)}, linger_{service_->io} {
        asio::error_code ignored;
        const auto peer = socket_.remote_endpoint(ignored);
        if (!ignored) {
            peer_ = peer.address().to_string() + ":" + std::to_string(peer.port());
        }
        socket_.set_option(tcp::no_delay{true}, ignored);
    }

    void read_next(const pid& to) {
        service_->post([self = shared_from_this(), to] {
            self->reader_ = to;
            self->read();
        });
    }

    bool write(std::string_view bytes) {
        {
            const std::scoped_lock lock{mutex_};
            if (pending_.size() + leaving_size_ + bytes.size() > write_buffer_max) {
                return false;
            }
            pending_ += bytes;
            if (std::exchange(is_told_, true)) {
                return true;
            }
        }
        service_->post([self = shared_from_this()] { self->write_pending(); });
        return true;
    }

    /// The last handle is gone, or the owner has said so.
    void close() {
        service_->post([self = shared_from_this()] {
            if (!self->closing_) {
                self->closing_ = true;
                self->cut_after_linger();
                self->write_pending();
            }
        });
    }

    const std::string& peer() const noexcept { return peer_; }

    void abort() noexcept override {
        linger_.cancel();
        asio::error_code ignored;
        socket_.close(ignored);
    }

  private:
    void read() {
        if (reading_) {
            return;
        }
        reading_ = true;
        socket_.async_read_some(asio::buffer(bytes_),
                                [self = shared_from_this()](asio::error_code error, std::size_t n) {
                                    self->reading_ = false;
                                    self->answer_read(error, n);
                                });
    }

    void answer_read(const asio::error_code& error, std::size_t n) {
        if (closing_ && !error) {
            read();  // nobody wants it any more
            return;
        }
        const pid to = std::exchange(reader_, pid{});
        if (error) {
            service_->tell(to, disconnected{error.message()});
        } else {
            service_->tell(to, received{std::string{bytes_.data(), n}});
        }
        if (closing_ && !writing_) {
            abort();
        }
    }

    void write_pending() {
        if (writing_) {
            return;
        }
        if (!take_pending()) {
            if (closing_) {
                say_farewell();
            }
            return;
        }
        writing_ = true;
        asio::async_write(socket_, asio::buffer(leaving_),
                          [self = shared_from_this()](asio::error_code error, std::size_t) {
                              self->wrote(error);
                          });
    }

    void wrote(const asio::error_code& error) {
        writing_ = false;
        if (error) {  // the reader hears of it; what waits can go nowhere
            take_pending();
        }
        write_pending();
    }

    /// What waits is what leaves next. False: nothing waits.
    bool take_pending() {
        leaving_.clear();
        const std::scoped_lock lock{mutex_};
        leaving_.swap(pending_);
        leaving_size_ = leaving_.size();
        is_told_ = false;
        return leaving_size_ != 0;
    }

    /// Everything is written. Closing with bytes unread would reset the connection, and the peer
    /// could lose what was written last: so reads on until the peer has closed too.
    void say_farewell() {
        asio::error_code error;
        socket_.shutdown(tcp::socket::shutdown_send, error);
        if (error) {
            abort();
        } else {
            read();
        }
    }

    /// A peer that neither reads nor closes does not keep the socket.
    void cut_after_linger() {
        linger_.expires_after(linger_max);
        linger_.async_wait([self = shared_from_this()](asio::error_code cancelled) {
            if (!cancelled) {
                asio::error_code ignored;
                self->socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
                self->abort();
            }
        });
    }

    std::shared_ptr<service_state> service_;
    tcp::socket socket_;
    std::string peer_;
    std::mutex mutex_;
    std::string pending_;           ///< Written next. Guarded by mutex_.
    std::size_t leaving_size_ = 0;  ///< Of leaving_. Guarded by mutex_.
    bool is_told_ = false;          ///< The thread will look at pending_. Guarded by mutex_.
    // The service's thread only.
    std::array<char, read_size_max> bytes_{};
    asio::steady_timer linger_;
    std::string leaving_;  ///< Being written.
    pid reader_;
    bool reading_ = false;
    bool writing_ = false;
    bool closing_ = false;
};

class listener_state final : public open_thing,
                             public std::enable_shared_from_this<listener_state> {
  public:
    listener_state(std::shared_ptr<service_state> s, const std::string& address, std::uint16_t port)
        : service_{std::move(s)},
          acceptor_{service_->io, tcp::endpoint{asio::ip::make_address(address), port}},
          patience_{service_->io} {}

    void accept_next(const pid& to) {
        service_->post([self = shared_from_this(), to] {
            self->asker_ = to;
            self->accept();
        });
    }

    void close() {
        service_->post([self = shared_from_this()] { self->abort(); });
    }

    void abort() noexcept override {
        patience_.cancel();
        asio::error_code ignored;
        acceptor_.close(ignored);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  private:
    void accept() {
        if (accepting_) {
            return;
        }
        accepting_ = true;
        acceptor_.async_accept(
            [self = shared_from_this()](asio::error_code error, tcp::socket connected) {
                if (is_shortage(error)) {
                    self->accept_later();
                    return;
                }
                self->accepting_ = false;
                self->answer(error, std::move(connected));
            });
    }

    /// The OS is short of something that others will give back. The client waits in its queue.
    void accept_later() {
        patience_.expires_after(shortage_pause);
        patience_.async_wait([self = shared_from_this()](asio::error_code) {
            self->accepting_ = false;
            self->accept();
        });
    }

    static bool is_shortage(const asio::error_code& error) {
        return error == asio::error::no_descriptors || error == asio::error::no_memory ||
               error == asio::error::no_buffer_space ||
               error == std::errc::too_many_files_open_in_system;
    }

    void answer(const asio::error_code& error, tcp::socket connected);

    std::shared_ptr<service_state> service_;
    tcp::acceptor acceptor_;
    // The service's thread only.
    asio::steady_timer patience_;
    pid asker_;
    bool accepting_ = false;
};

namespace {

/// A handle's share: the socket closes with the last of them, though the thread may hold it longer.
template <class State>
std::shared_ptr<State> closing_with_last_handle(std::shared_ptr<State> state) {
    State* raw = state.get();
    return {raw, [kept = std::move(state)](State* closing) { closing->close(); }};
}

}  // namespace

void listener_state::answer(const asio::error_code& error, tcp::socket connected) {
    const pid to = std::exchange(asker_, pid{});
    if (error) {
        service_->tell(to, listen_failed{error.message()});
        return;
    }
    auto state = std::make_shared<socket_state>(service_, std::move(connected));
    service_->opened(state);
    service_->tell(to, accepted{net::socket{closing_with_last_handle(std::move(state))}});
}

}  // namespace detail

void socket::read_next(const pid& to) const {
    state_->read_next(to);
}

bool socket::write(std::string_view bytes) const {
    return state_->write(bytes);
}

void socket::close() const {
    state_->close();
}

std::string socket::peer() const {
    return state_->peer();
}

void listener::accept_next(const pid& to) const {
    state_->accept_next(to);
}

std::uint16_t listener::port() const {
    return state_->port();
}

service::service(runtime& world) : state_{std::make_shared<detail::service_state>(world)} {}

service::~service() {
    state_->stop();
}

listener service::listen(const std::string& address, std::uint16_t port) {
    auto state = std::make_shared<detail::listener_state>(state_, address, port);
    state_->opened(state);
    return listener{detail::closing_with_last_handle(std::move(state))};
}

}  // namespace coppice::net
