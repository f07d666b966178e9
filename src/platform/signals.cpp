// SPDX-License-Identifier: Apache-2.0

#include "platform/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace coppice::platform {

struct termination_signals::state {
    sigset_t before{};
    int signals = -1;
    int wake = -1;
};

termination_signals::termination_signals() : state_{new state} {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &wanted, &state_->before);
    state_->signals = ::signalfd(-1, &wanted, SFD_CLOEXEC);
    state_->wake = ::eventfd(0, EFD_CLOEXEC);
    if (state_->signals < 0 || state_->wake < 0) {
        throw std::system_error{errno, std::generic_category(), "signalfd or eventfd"};
    }
}

termination_signals::~termination_signals() {
    ::close(state_->signals);
    ::close(state_->wake);
    ::pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
    delete state_;
}

bool termination_signals::wait() {
    std::array<pollfd, 2> waits{{{state_->signals, POLLIN, 0}, {state_->wake, POLLIN, 0}}};
    while (::poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    if ((waits[0].revents & POLLIN) == 0) {
        return false;
    }
    signalfd_siginfo taken{};
    return ::read(state_->signals, &taken, sizeof taken) == static_cast<ssize_t>(sizeof taken);
}

void termination_signals::wake() {
    const std::uint64_t one = 1;
    while (::write(state_->wake, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

}  // namespace coppice::platform
