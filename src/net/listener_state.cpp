// SPDX-License-Identifier: Apache-2.0

#include "net/listener_state.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "net/listening.hpp"
#include "net/socket_state.hpp"

namespace coppice::net::detail {

namespace {

constexpr std::chrono::milliseconds shortage_pause{50};

/// The OS is short of a resource that other users will release. The client waits in the queue of the OS.
bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/// An error of one connection, not of the listener: no connection waited, or the connection is gone again.
bool is_passing(int error) noexcept {
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO ||
           error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN ||
           error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENONET || error == EPERM;
}

}  // namespace

socket_file::socket_file(std::string path) : path_{std::move(path)} {
    struct stat bound{};
    if (::stat(path_.c_str(), &bound) == 0) {
        device_ = bound.st_dev;
        number_ = bound.st_ino;
    }
}

void socket_file::remove() noexcept {
    struct stat now{};
    if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ &&
        now.st_ino == number_) {
        ::unlink(path_.c_str());
    }
    path_.clear();
}

std::shared_ptr<listener_state> listener_state::listen(
    const std::shared_ptr<service_state>& service, const std::string& host, std::uint16_t port) {
    return open(service, listen_on(host, port), socket_file{});
}

std::shared_ptr<listener_state> listener_state::listen(
    const std::shared_ptr<service_state>& service, const std::string& path, unsigned mode) {
    descriptor listening = listen_on_path(path, mode);
    return open(service, std::move(listening), socket_file{path});
}

std::shared_ptr<listener_state> listener_state::open(const std::shared_ptr<service_state>& service,
                                                     descriptor listening, socket_file file) {
    auto made = std::make_shared<listener_state>(service, local_address(listening.get()));
    made->file_.assign(listening.get());
    listening.release();
    made->path_ = std::move(file);
    if (!service->add(made)) {
        made->abort();
        throw std::system_error{
            std::make_error_code(std::errc::operation_canceled),
            "listen on " + made->address_ + " (the service has stopped; create another service)"};
    }
    return made;
}

listener_state::listener_state(std::shared_ptr<service_state> service, const address& own)
    : service_{std::move(service)},
      id_{service_->new_id()},
      port_{port_of(own)},
      address_{to_text(own)},
      file_{service_->io},
      retry_timer_{service_->io} {}

listener_state::~listener_state() {
    service_->remove(this);
}

void listener_state::accept_next(const pid& to) {
    {
        const std::scoped_lock lock{mutex_};
        if (file_.is_open()) {
            if (!returned_.empty()) {
                service_->post([self = shared_from_this()] { self->on_ready(false); });
            } else if (!waiting_) {
                wait();
            }
            requester_ = to;
            return;
        }
    }
    service_->answer(to, listen_failed{"the listener is closed", id_});
}

void listener_state::close() {
    close_with("the listener is closed");
}

void listener_state::wait() {
    file_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](asio::error_code error) {
                         {
                             const std::scoped_lock lock{self->mutex_};
                             self->waiting_ = false;
                         }
                         self->on_ready(static_cast<bool>(error));
                     });
    waiting_ = true;
}

void listener_state::on_ready(bool failed) {
    try {
        if (!failed) {
            serve_requester();
        }
    } catch (const std::exception&) {
        // No memory at present.
        retry_later_or_fail();
    }
}

/// A request of a process that has ended is void: the connection stays queued.
void listener_state::serve_requester() {
    std::unique_lock lock{mutex_};
    if (!file_.is_open()) {
        return;
    }
    if (!service_->is_alive(requester_)) {
        requester_ = {};
        return;
    }
    descriptor connected = next_connection();
    if (connected) {
        const pid to = std::exchange(requester_, pid{});
        lock.unlock();
        give(to, std::move(connected));
        return;
    }
    if (is_shortage(errno)) {
        retry_later();
    } else if (is_passing(errno)) {
        if (!waiting_) {
            wait();
        }
    } else {
        const std::string why = std::generic_category().message(errno);
        const pid to = std::exchange(requester_, pid{});
        lock.unlock();
        notify_requester(to, why.c_str());
    }
}

descriptor listener_state::next_connection() {
    if (returned_.empty()) {
        return descriptor::accept_from(file_.native_handle());
    }
    descriptor first = std::move(returned_.front());
    returned_.pop_front();
    return first;
}

/// The requester gets an answer in every case.
void listener_state::retry_later_or_fail() noexcept {
    pid requester;
    try {
        const std::scoped_lock lock{mutex_};
        retry_later();
        return;
    } catch (const std::exception&) {
        const std::scoped_lock lock{mutex_};
        requester = std::exchange(requester_, pid{});
    }
    notify_requester(requester, no_memory);
}

void listener_state::notify_requester(const pid& requester, const char* why) noexcept {
    if (requester) {
        service_->answer_or_fallback(requester, listen_failed{no_memory, id_},
                                     [&] { return listen_failed{why, id_}; });
    }
}

void listener_state::retry_later() {
    retry_timer_.expires_after(shortage_pause);
    retry_timer_.async_wait([self = shared_from_this()](asio::error_code cancelled) {
        self->on_ready(static_cast<bool>(cancelled));
    });
}

void listener_state::give(const pid& to, descriptor connected) {
    try {
        const std::shared_ptr<socket_state> state = socket_state::make(service_, connected);
        state->was_accepted_by(weak_from_this(), to);
        hand_over(state, to);
    } catch (const std::exception&) {
        const std::scoped_lock lock{mutex_};
        requester_ = requester_ ? requester_ : to;
        if (connected) {
            // Keep the connection for a later try.
            returned_.push_front(std::move(connected));
        }
        throw;
    }
}

/// If this throws, the connection returns to the listener.
void listener_state::hand_over(const std::shared_ptr<socket_state>& state, const pid& to) {
    accepted told{net::socket{closing_with_last_handle(state)}, id_};
    state->set_handed_over(true);
    try {
        service_->tell(to, told);
    } catch (...) {
        state->set_handed_over(false);
        throw;
    }
}

void listener_state::take_back(descriptor connected) noexcept {
    try {
        const std::scoped_lock lock{mutex_};
        if (file_.is_open()) {
            returned_.push_back(std::move(connected));
            if (requester_) {
                service_->post([self = shared_from_this()] { self->on_ready(false); });
            }
        }
    } catch (const std::exception&) {
        // No memory to keep the connection.
    }
}

void listener_state::close_with(const char* why) noexcept {
    pid requester;
    std::deque<descriptor> closing;
    try {
        const std::scoped_lock lock{mutex_};
        requester = std::exchange(requester_, pid{});
        closing.swap(returned_);
        asio::error_code ignored;
        path_.remove();
        file_.close(ignored);
        retry_timer_.cancel();
    } catch (const std::exception&) {
        // The timer ends with the listener.
    }
    notify_requester(requester, why);
}

}  // namespace coppice::net::detail
