// SPDX-License-Identifier: Apache-2.0
// Declarations only, so that a header can name a type without the cost of the type's header.

#pragma once

#include <cstdint>

#pragma GCC visibility push(default)

namespace coppice {

/// Most are defined in the header of the same name; `any_message` in message.hpp, `ref` in pid.hpp,
/// `down_message` and `exit_message` in process.hpp, `start_options` in gen_server.hpp, `timeout_message`
/// in timer.hpp.
class address;
class any_message;
class child_spec;
class dynamic_supervisor;
class exit_reason;
class partition_supervisor;
class pid;
class ref;
class runtime;
class supervisor;
class task_supervisor;
struct down_message;
struct exit_message;
struct start_options;
struct timeout_message;

/// Defined in runtime.hpp.
enum class signal_delays : std::uint8_t;

/// Defined in task.hpp.
template <class T = void>
class task;

/// Defined in gen_server.hpp.
template <class T>
class server;

/// Defined in gen_server.hpp.
template <class R>
class reply_to;

}  // namespace coppice

#pragma GCC visibility pop
