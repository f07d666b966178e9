// SPDX-License-Identifier: Apache-2.0

#include "net/attempt.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/resolver.hpp"
#include "net/socket_state.hpp"

namespace coppice::net::detail {

namespace {

/// The interval between two tries at a Unix listener whose queue is full. The OS does not signal free room.
constexpr std::chrono::milliseconds full_queue_pause{10};
/// A longer deadline counts as none: the OS gives up earlier.
constexpr std::chrono::hours deadline_max{24};

}  // namespace

std::shared_ptr<attempt> attempt::make(const std::shared_ptr<service_state>& service,
                                       std::string where, const pid& requester,
                                       std::chrono::nanoseconds within) {
    auto made = std::make_shared<attempt>(service, std::move(where), requester);
    if (!service->add(made)) {
        made->abort();
    } else {
        made->set_deadline(within);
    }
    return made;
}

attempt::attempt(std::shared_ptr<service_state> service, std::string where, const pid& requester)
    : service_{std::move(service)},
      id_{service_->new_id()},
      where_{std::move(where)},
      requester_{requester},
      file_{service_->io},
      deadline_timer_{service_->io},
      address_timer_{service_->io} {}

attempt::~attempt() {
    service_->remove(this);
}

void attempt::set_deadline(std::chrono::nanoseconds within) {
    within_ = std::max(within, std::chrono::nanoseconds::zero());
    if (within_ > deadline_max) {
        return;
    }
    const std::scoped_lock lock{mutex_};
    deadline_ = clock::now() + within_;
    deadline_timer_.expires_at(deadline_);
    deadline_timer_.async_wait([self = shared_from_this()](asio::error_code cancelled) {
        if (!cancelled) {
            self->run_step([&self] {
                self->fail(self->last_failure_.empty() ? "no answer within " + self->time_text()
                                                       : self->last_failure_);
            });
        }
    });
}

/// On the service's thread. Without memory for the step the attempt fails.
template <class Step>
void attempt::run_step(Step step) noexcept {
    const std::scoped_lock lock{mutex_};
    if (over_) {
        return;
    }
    try {
        step();
    } catch (const std::exception&) {
        fail(no_memory);
    }
}

template <class Start>
void attempt::begin_or_give_up(Start start) {
    try {
        start();
    } catch (...) {
        const std::scoped_lock lock{mutex_};
        finish();
        throw;
    }
}

std::string attempt::time_text() const {
    using std::chrono::duration_cast;
    const auto ms = duration_cast<std::chrono::milliseconds>(within_).count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

void attempt::begin(const std::string& host, std::uint16_t port) {
    begin_or_give_up([&] { look_up(host, port); });
}

void attempt::look_up(const std::string& host, std::uint16_t port) {
    if (port == 0) {
        use_lookup({{}, "port 0 is no port to connect to"});
        return;
    }
    lookup known = look_up_literal(host, port);
    if (!known.found.empty() || !known.why.empty()) {
        use_lookup(std::move(known));
        return;
    }
    const bool asked =
        service_->names().look_up(host, port, [self = shared_from_this()](lookup answer) mutable {
            self->service_->post([self, answer = std::move(answer)]() mutable {
                self->use_lookup(std::move(answer));
            });
        });
    if (!asked) {
        use_lookup({{}, "too many names are being looked up; try again later"});
    }
}

void attempt::begin_path(const std::string& path) {
    begin_or_give_up([&] { use_lookup(look_up_path(path)); });
}

void attempt::use_lookup(lookup known) noexcept {
    run_step([&] {
        if (known.found.empty()) {
            fail(known.why);
            return;
        }
        addresses_ = std::move(known.found);
        try_next();
    });
}

/// If an address fails at once, the next address follows at once.
void attempt::try_next() {
    while (tried_ < addresses_.size()) {
        const address& next = addresses_[tried_++];
        if (try_address(next) || over_) {
            return;
        }
    }
    fail(last_failure_);
}

/// False: the address failed.
bool attempt::try_address(const address& where) {
    descriptor made = descriptor::open_stream(where.family());
    if (!made) {
        note_failure(errno);
        return false;
    }
    const bool begun = ::connect(made.get(), where.get(), where.size) == 0 ||
                       errno == EINPROGRESS || errno == EINTR;
    if (!begun && errno == EAGAIN) {
        try_again_soon();
        return true;
    }
    if (!begun) {
        note_failure(errno);
        return false;
    }
    file_.assign(made.get());
    made.release();
    wait_for_answer();
    return true;
}

void attempt::wait_for_answer() {
    file_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this(), number = tried_](asio::error_code error) {
                         if (!error) {
                             self->run_step([&] { self->on_answer(number); });
                         }
                     });
    limit_address_time();
}

/// Limits the wait for this address, so that each address left has a share of the time.
void attempt::limit_address_time() {
    const auto others = addresses_.size() - tried_;
    if (others == 0 || deadline_ == clock::time_point::max()) {
        return;
    }
    address_timer_.expires_after((deadline_ - clock::now()) / static_cast<int>(others + 1));
    address_timer_.async_wait(
        [self = shared_from_this(), number = tried_](asio::error_code cancelled) {
            if (!cancelled) {
                self->run_step([&] {
                    if (self->tried_ == number) {
                        self->note_failure(ETIMEDOUT);
                        self->try_next();
                    }
                });
            }
        });
}

void attempt::try_again_soon() {
    address_timer_.expires_after(full_queue_pause);
    address_timer_.async_wait([self = shared_from_this()](asio::error_code cancelled) {
        if (!cancelled) {
            self->run_step([&] {
                --self->tried_;
                self->try_next();
            });
        }
    });
}

void attempt::on_answer(std::size_t number) {
    if (tried_ != number) {
        return;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(file_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    address_timer_.cancel();
    if (error != 0) {
        note_failure(error);
        try_next();
    } else {
        succeed();
    }
}

void attempt::note_failure(int error) {
    asio::error_code ignored;
    file_.close(ignored);
    const std::string tried =
        addresses_.size() > 1 ? " at " + to_text(addresses_[tried_ - 1]) : std::string{};
    last_failure_ = std::generic_category().message(error) + tried;
}

void attempt::succeed() {
    descriptor made = descriptor::adopt(file_.release());
    auto state = socket_state::make(service_, made);
    service_->answer(requester_,
                     connected{net::socket{closing_with_last_handle(std::move(state))}, id_});
    finish();
}

void attempt::fail(std::string_view why) noexcept {
    if (over_) {
        return;
    }
    finish();
    service_->answer_or_fallback(requester_, connect_failed{no_memory, id_}, [&] {
        return connect_failed{"connect to " + where_ + ": " + std::string{why}, id_};
    });
}

void attempt::finish() noexcept {
    over_ = true;
    asio::error_code ignored;
    file_.close(ignored);
    try {
        deadline_timer_.cancel();
        address_timer_.cancel();
    } catch (const std::exception&) {
        // The timers still fire and find `over_` set.
    }
}

void attempt::abort() noexcept {
    const std::scoped_lock lock{mutex_};
    fail("the service has stopped");
}

}  // namespace coppice::net::detail
