// SPDX-License-Identifier: Apache-2.0
// Declarations only, so that a header can name a type without the cost of the type's header.

#pragma once

#include <cstdint>

#pragma GCC visibility push(default)

namespace coppice {

class address;
class any_message;
class child_spec;
class dynamic_supervisor;
class exit_reason;
class pid;
class ref;
class runtime;
class supervisor;
struct down_message;
struct exit_message;
struct start_options;
struct timeout_message;

enum class signal_delays : std::uint8_t;

template <class T = void>
class task;

template <class T>
class server;

template <class R>
class reply_to;

}  // namespace coppice

#pragma GCC visibility pop
