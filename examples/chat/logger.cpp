// SPDX-License-Identifier: Apache-2.0

#include "chat/logger.hpp"

#include <coppice/coppice.hpp>
#include <stdexcept>
#include <utility>

#include "chat/console.hpp"

namespace chat {

void logger::handle_cast(line m) {
    out().say("log: " + m.text);
}

void logger::handle_cast(crash) {
    throw std::runtime_error{"the logger was asked to crash"};
}

void note(std::string text) {
    coppice::server<logger>{"logger"}.cast(logger::line{std::move(text)});
}

}  // namespace chat
