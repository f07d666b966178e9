// SPDX-License-Identifier: Apache-2.0

#include "net/socket_state.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/listener_state.hpp"
#include "net/socket_address.hpp"

namespace coppice::net::detail {

namespace {

/// How many reads of unwanted bytes happen in one turn while the peer goes on sending.
constexpr int drains_at_once = 16;

void set(int file, int level, int option, int value) noexcept {
    // Failure is ignored: the socket may not be TCP.
    ::setsockopt(file, level, option, &value, sizeof value);
}

/// Small writes leave at once. Keep-alive probes notice a dead machine of the peer within minutes.
void set_options(int file, int family) noexcept {
    if (family == AF_UNIX) {
        return;
    }
    constexpr int idle_seconds = 60;
    constexpr int probe_seconds = 15;
    constexpr int probes = 4;
    set(file, IPPROTO_TCP, TCP_NODELAY, 1);
    set(file, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(file, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
    set(file, IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds);
    set(file, IPPROTO_TCP, TCP_KEEPCNT, probes);
    // Bytes for a slow reader stay counted in the write buffer, and not in the kernel.
    constexpr int unsent_max = 128 * 1024;
    set(file, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent_max);
}

std::optional<credentials> credentials_of_peer(int file, int family) noexcept {
    ucred told{};
    socklen_t size = sizeof told;
    if (family != AF_UNIX || ::getsockopt(file, SOL_SOCKET, SO_PEERCRED, &told, &size) != 0) {
        return std::nullopt;
    }
    return credentials{told.pid, told.uid, told.gid};
}

bool is_later(int error) noexcept {
    return error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

std::string sentence(int error) {
    return std::generic_category().message(error);
}

}  // namespace

/// The result of one read of a readable socket.
struct socket_state::reading {
    pid to;
    received got;
    disconnected over;  ///< Set at the end of the stream.
};

std::shared_ptr<socket_state> socket_state::make(const std::shared_ptr<service_state>& service,
                                                 descriptor& connected) {
    auto made = std::make_shared<socket_state>(service);
    // Steps that may fail come first. A service that stops in between has already aborted the state.
    const bool is_registered = service->add(made);
    if (!made->adopt(connected) || !is_registered) {
        made->abort();
    }
    return made;
}

socket_state::socket_state(std::shared_ptr<service_state> service)
    : service_{std::move(service)}, id_{service_->new_id()}, file_{service_->io} {}

/// False: the state was aborted before.
bool socket_state::adopt(descriptor& connected) {
    const address peer = peer_address(connected.get());
    peer_ = to_text(peer);
    peer_process_ = credentials_of_peer(connected.get(), peer.family());
    set_options(connected.get(), peer.family());
    const std::scoped_lock lock{mutex_};
    // If this throws, the caller still owns the descriptor.
    file_.assign(connected.get());
    connected.release();
    return !closing_;
}

socket_state::~socket_state() {
    service_->remove(this);
}

void socket_state::was_accepted_by(std::weak_ptr<listener_state> by, const pid& requester) {
    accepted_by_ = std::move(by);
    requester_ = requester;
    was_handed_over_ = false;
}

const std::string& socket_state::peer() noexcept {
    was_used_.store(true, std::memory_order_relaxed);
    return peer_;
}

std::optional<credentials> socket_state::peer_credentials() noexcept {
    was_used_.store(true, std::memory_order_relaxed);
    return peer_process_;
}

void socket_state::read_next(const pid& to) {
    was_used_.store(true, std::memory_order_relaxed);
    {
        const std::scoped_lock lock{mutex_};
        if (!closing_) {
            if (!reading_) {
                wait_to_read();
            }
            reader_ = to;
            return;
        }
    }
    service_->answer(to, disconnected{"the socket is closed", id_});
}

/// Throws `std::bad_alloc` or `std::system_error`; the state is unchanged then.
void socket_state::wait_to_read() {
    file_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](asio::error_code error) {
                         self->on_readable(static_cast<bool>(error));
                     });
    reading_ = true;
}

void socket_state::on_readable(bool failed) {
    reading out;
    {
        const std::scoped_lock lock{mutex_};
        reading_ = false;
        if (failed || !file_.is_open()) {
            // The function that closed the file has answered.
            return;
        }
        if (closing_) {
            read_more();
            return;
        }
        if (!service_->is_alive(reader_)) {  // the bytes wait for the next requester
            reader_ = {};
            return;
        }
        try {
            out = read_some();
        } catch (const std::exception&) {
            // The bytes read are lost, so no later bytes may follow.
            fail(ENOMEM);
            out = end_without_memory();
        }
    }
    if (!out.got.bytes.empty()) {
        service_->tell(out.to, out.got);
    } else if (!out.over.why.empty()) {
        service_->tell(out.to, out.over);
    }
}

socket_state::reading socket_state::read_some() {
    std::array<char, read_size_max> bytes;  // NOLINT: filled below
    const ssize_t got = ::recv(file_.native_handle(), bytes.data(), bytes.size(), 0);
    reading out;
    if (got > 0) {
        out.got = {std::string{bytes.data(), static_cast<std::size_t>(got)}, id_};
    } else if (got == 0) {
        out.over = {"the peer closed the connection", id_};
    } else if (is_later(errno) || errno == EINTR) {
        wait_to_read();
        return out;
    } else {
        failure_ = errno;
        out.over = {sentence(failure_), id_};
    }
    out.to = std::exchange(reader_, pid{});
    return out;
}

socket_state::reading socket_state::end_without_memory() noexcept {
    return {std::exchange(reader_, pid{}), {}, {no_memory, id_}};
}

/// For a closing socket.
void socket_state::read_more() noexcept {
    try {
        drain();
    } catch (const std::exception&) {
        // No memory for a wait.
        cut();
    }
}

/// A close with unread bytes would reset the connection, and the peer could lose the last bytes written. So
/// the socket is read on until the peer closes too.
void socket_state::drain() {
    std::array<char, read_size_max> bytes;  // NOLINT: the bytes are never read
    for (int i = 0; i < drains_at_once; ++i) {
        const ssize_t got = ::recv(file_.native_handle(), bytes.data(), bytes.size(), 0);
        if (got == 0 || (got < 0 && !is_later(errno))) {
            if (!writing_) {
                cut();
            }
            return;
        }
        if (got < 0) {
            break;
        }
    }
    wait_to_read();
}

write_result socket_state::write(std::string_view bytes) {
    was_used_.store(true, std::memory_order_relaxed);
    const std::scoped_lock lock{mutex_};
    if (failure_ != 0) {
        return write_result{write_error::gone, failure_};
    }
    if (closing_) {
        return write_result{write_error::closed};
    }
    if (pending_.size() - sent_ + bytes.size() > write_buffer_max) {
        return write_result{write_error::full};
    }
    if (writing_) {
        // In order, behind the bytes that wait.
        pending_.append(bytes);
        return {};
    }
    if (!send_some(bytes) || !buffer_rest(bytes)) {
        return write_result{write_error::gone, failure_};
    }
    return {};
}

/// False: no memory for the rest of a write that has begun. The connection ends then.
bool socket_state::buffer_rest(std::string_view bytes) noexcept {
    if (bytes.empty()) {
        return true;
    }
    try {
        pending_.assign(bytes);
        sent_ = 0;
        wait_to_write();
        return true;
    } catch (const std::exception&) {
        fail(ENOMEM);
        return false;
    }
}

void socket_state::wait_to_write_rest() noexcept {
    try {
        wait_to_write();
    } catch (const std::exception&) {
        fail(ENOMEM);
    }
}

/// Ends the connection; the shutdown wakes a waiting reader.
void socket_state::fail(int error) noexcept {
    failure_ = error;
    pending_.clear();
    sent_ = 0;
    ::shutdown(file_.native_handle(), SHUT_RDWR);
}

/// False: the connection is over.
bool socket_state::send_some(std::string_view& bytes) {
    while (!bytes.empty()) {
        const ssize_t sent =
            ::send(file_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (is_later(errno)) {
            return true;
        } else if (errno != EINTR) {
            failure_ = errno;
            return false;
        }
    }
    return true;
}

void socket_state::wait_to_write() {
    file_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](asio::error_code error) {
                         self->on_writable(static_cast<bool>(error));
                     });
    writing_ = true;
}

void socket_state::on_writable(bool failed) {
    pid to;
    {
        const std::scoped_lock lock{mutex_};
        writing_ = false;
        if (failed || !file_.is_open()) {
            return;
        }
        send_pending();
        to = take_ready_writer();
    }
    writable told{id_};
    service_->tell(to, told);
}

void socket_state::send_pending() {
    std::string_view left = std::string_view{pending_}.substr(sent_);
    if (!send_some(left)) {
        // The bytes are lost; the next write returns the error.
        left = {};
    }
    sent_ = pending_.size() - left.size();
    if (!left.empty()) {
        if (sent_ > pending_.size() / 2) {
            pending_.erase(0, std::exchange(sent_, 0));
        }
        wait_to_write_rest();
        return;
    }
    std::string{}.swap(pending_);
    sent_ = 0;
    if (closing_) {
        shut_down_writes();
    }
}

/// The process that waits for room, once there is room.
pid socket_state::take_ready_writer() noexcept {
    if (pending_.size() - sent_ > write_buffer_max / 2) {
        return {};
    }
    return std::exchange(writer_, pid{});
}

void socket_state::write_next(const pid& to) {
    was_used_.store(true, std::memory_order_relaxed);
    {
        const std::scoped_lock lock{mutex_};
        writer_ = to;
        if (writing_ && !closing_ && !take_ready_writer()) {
            return;
        }
        writer_ = {};
    }
    service_->answer(to, writable{id_});
}

void socket_state::close() {
    was_used_.store(true, std::memory_order_relaxed);
    close_unless_closing();
}

void socket_state::close_unless_closing() noexcept {
    pid reader;
    pid writer;
    {
        const std::scoped_lock lock{mutex_};
        if (std::exchange(closing_, true)) {
            return;
        }
        reader = std::exchange(reader_, pid{});
        writer = std::exchange(writer_, pid{});
        begin_to_close();
    }
    if (reader) {
        notify_reader(reader, "the socket is closed");
    }
    if (writer) {
        service_->answer_or_fallback(writer, writable{id_}, [this] { return writable{id_}; });
    }
}

void socket_state::notify_reader(const pid& reader, const char* why) noexcept {
    service_->answer_or_fallback(reader, disconnected{no_memory, id_},
                                 [&] { return disconnected{why, id_}; });
}

/// Without memory for the wait, the connection is cut at once.
void socket_state::begin_to_close() noexcept {
    try {
        if (failure_ == 0) {
            cut_after_linger();
            if (!writing_) {
                shut_down_writes();
            }
            return;
        }
    } catch (const std::exception&) {
        failure_ = ENOMEM;
    }
    cut();
}

/// All bytes are written.
void socket_state::shut_down_writes() noexcept {
    if (failure_ != 0 || ::shutdown(file_.native_handle(), SHUT_WR) != 0) {
        cut();
    } else if (!reading_) {
        read_more();
    }
}

/// Bounds the wait for a peer that neither reads nor closes.
void socket_state::cut_after_linger() {
    linger_.emplace(service_->io, linger_max);
    linger_->async_wait([self = shared_from_this()](asio::error_code cancelled) {
        const std::scoped_lock lock{self->mutex_};
        if (!cancelled && self->file_.is_open()) {
            const linger at_once{1, 0};
            ::setsockopt(self->file_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once,
                         sizeof at_once);
            self->cut();
        }
    });
}

void socket_state::cut() noexcept {
    asio::error_code ignored;
    file_.close(ignored);
    linger_.reset();
    std::string{}.swap(pending_);
    sent_ = 0;
}

void socket_state::drop_last_handle() noexcept {
    try {
        if (returns_to_listener()) {
            if (const auto listener = accepted_by_.lock()) {
                const std::scoped_lock lock{mutex_};
                if (!std::exchange(closing_, true)) {
                    listener->take_back(descriptor::adopt(file_.release()));
                    return;
                }
            }
        }
        close_unless_closing();
    } catch (const std::exception&) {
        // No memory to return the connection.
        abort();
    }
}

/// True if the requester was never told of the connection, or ended before using it.
bool socket_state::returns_to_listener() const noexcept {
    if (was_used_.load(std::memory_order_relaxed) || !requester_) {
        return false;
    }
    if (!was_handed_over_.load(std::memory_order_relaxed)) {
        return true;
    }
    if (!coppice::detail::in_process()) {
        return service_->has_ended(requester_);
    }
    return coppice::detail::current_pid() == requester_ && coppice::detail::is_ending();
}

void socket_state::abort() noexcept {
    pid reader;
    {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
        reader = std::exchange(reader_, pid{});
        writer_ = {};
        if (file_.is_open()) {
            cut();
        }
    }
    if (reader) {
        notify_reader(reader, "the service has stopped");
    }
}

bool socket_state::is_flushing() noexcept {
    const std::scoped_lock lock{mutex_};
    if (!closing_ || !file_.is_open() || failure_ != 0) {
        return false;
    }
    int unacknowledged = 0;
    return writing_ ||
           (::ioctl(file_.native_handle(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged != 0);
}

}  // namespace coppice::net::detail
