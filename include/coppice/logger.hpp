// SPDX-License-Identifier: Apache-2.0
// The logger: levels, metadata and handlers of log lines, which are reports as all others (report.hpp).
//
//     constexpr logger::module_log payments{"shop.payments"};
//     logger::set_metadata({{"request", "r-42"}});             // on each line of this process from now on
//     payments.info("card accepted");                          // [info] module=shop.payments request=r-42 …
//
//     logger::set_module_level("shop", report_level::debug);   // shop and shop.payments, but not shopping
//     logger::set_process_level(self(), report_level::error);
//     logger::add_handler("audit", logger::to_file("audit.log"), {.form = logger::form::json_lines});
//     logger::add_handler("journal", logger::to_journal());
//
// A line is wanted if its level is at least the level of its process, if there is one; else of the longest
// prefix of its module, if there is one; else of some handler. A line that is wanted by its process or module
// goes to the runtime's first handler (`runtime_options::on_report`) at any level, and to each further handler
// at the level of that handler. `set_report_level` sets the level of the first handler. Reports of the library
// follow the levels of the handlers alone.
//
// A further handler has a level, a queue with a bound, and a thread. A report that finds the queue full is
// dropped, and a line in its place says how many reports are missing.
//
// Each function exists twice: for the runtime of the calling process, and with a `runtime` for any thread.
// `log` and `module_log` work on any thread: a thread that is no process logs to the runtime of the `thread_scope`
// on it, else to the only runtime of the OS process, else to stderr. A blocking function logs to the runtime
// of its process.
//
// Threads    Any, as above.
// Blocking   None. A handler's output may block its own thread only.
// Ownership  The runtime owns its handlers.
// Errors     `add_handler` throws `badarg_error` for an id that is taken or empty and for a room of 0; `to_file`
//            throws std::system_error with the path. A line that journald does not take is counted as lost.
// Cost       A line that no handler wants costs some ns, and two look-ups if any level of a process or module
//            is set. A wanted line is copied for each handler.
// Semantics  Elixir's Logger, on handlers as Erlang's; docs/differences.md lists the differences.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/report.hpp"

#pragma GCC visibility push(default)

namespace coppice {
class runtime;
}

namespace coppice::logger {

/// Adds to the metadata of the calling process; a key that is there gets the new value.
void set_metadata(std::vector<log_field> fields);
/// Removes one key of the calling process, or all keys.
void remove_metadata(std::string_view key);
void reset_metadata();
/// The metadata of the calling process, in the order of the keys' first use. Empty outside of a process.
[[nodiscard]] std::vector<log_field> metadata();

/// Lines of the process have at least this level; `off`: there are none. `std::nullopt` removes the level. No
/// effect on a process that has ended.
void set_process_level(const pid& who, std::optional<report_level> level);
void set_process_level(runtime& world, const pid& who, std::optional<report_level> level);
/// The level of the process, if there is one.
[[nodiscard]] std::optional<report_level> process_level(const pid& who);

/// The same for a module and all modules below: `shop` is a prefix of `shop` and `shop.payments`.
void set_module_level(std::string_view prefix, std::optional<report_level> level);
void set_module_level(runtime& world, std::string_view prefix, std::optional<report_level> level);
/// The level of the longest prefix of the module, if there is one.
[[nodiscard]] std::optional<report_level> module_level(std::string_view module);

/// A part of the program, for levels and for the metadata `module` of its lines.
class module_log {
  public:
    /// The name has to live as long as the object: a literal.
    constexpr explicit module_log(std::string_view name) noexcept : name_{name} {}
    /// As given.
    constexpr std::string_view name() const noexcept { return name_; }
    /// A line of this module. Fields of the line go after the metadata of the process.
    void log(report_level level, std::string text, std::vector<log_field> fields = {}) const;
    /// The same with the level as a name.
    void debug(std::string text) const { log(report_level::debug, std::move(text)); }
    void info(std::string text) const { log(report_level::info, std::move(text)); }
    void notice(std::string text) const { log(report_level::notice, std::move(text)); }
    void warning(std::string text) const { log(report_level::warning, std::move(text)); }
    void error(std::string text) const { log(report_level::error, std::move(text)); }
    /// Whether a line of this level is wanted: for texts that are costly to make.
    bool wants(report_level level) const;

  private:
    std::string_view name_;
};

/// While an instance lives, its thread, which is no process, logs to the runtime. The runtime may end before.
class thread_scope {
  public:
    /// For the calling thread. Scopes may be nested.
    explicit thread_scope(runtime& world);
    /// Neither copied nor moved.
    thread_scope(const thread_scope&) = delete;
    thread_scope& operator=(const thread_scope&) = delete;
    /// The scope before this one counts again.
    ~thread_scope();

  private:
    std::uint32_t outer_;
};

/// How a handler writes a report: lines for people, or one JSON object on each line.
enum class form : std::uint8_t { text, json_lines };

/// Where a handler writes. Made by the functions below.
class output {
  public:
    /// A report in the form of the handler.
    using writer = callback<void(const report&, form)>;
    /// For an output of your own, with the form of the handler.
    explicit output(writer write) : write_{std::move(write)} {}
    /// Writes one report.
    void operator()(const report& r, form how) const { write_(r, how); }

  private:
    writer write_;
};
/// Appends to a file, which is opened now. Throws std::system_error with the path.
[[nodiscard]] output to_file(const std::string& path);
/// Standard error and standard output.
[[nodiscard]] output to_stderr();
[[nodiscard]] output to_stdout();
/// Sends each report to journald: MESSAGE, PRIORITY, the process as COPPICE_PID, and the metadata as fields in
/// capitals. A report that is too long for a datagram goes through a sealed memory file, as journald expects.
[[nodiscard]] output to_journal(std::string socket = "/run/systemd/journal/socket");
/// Calls a function. An exception is counted as a lost report.
[[nodiscard]] output to_function(report_handler called);

/// How a handler is added.
struct handler_options {
    report_level level = report_level::notice;  ///< Lower reports do not go to the handler.
    std::size_t room = 10000;                   ///< Reports that may wait; positive.
    enum form form = form::text;  ///< Without effect on `to_journal` and `to_function`.
};

/// A handler as tools see it.
struct handler_info {
    std::string id;                             ///< As given to `add_handler`.
    report_level level = report_level::notice;  ///< The present level.
    std::size_t room = 0;                       ///< Reports that may wait.
    std::size_t waiting = 0;                    ///< Reports that wait now.
    std::uint64_t lost = 0;  ///< Reports that found the queue full, or whose output failed.
};

/// Adds a handler. The id names the handler in the functions below.
void add_handler(std::string id, output to, handler_options how = {});
void add_handler(runtime& world, std::string id, output to, handler_options how = {});
/// Removes a handler. Its queued reports are written, for at most 2 s. False if there is no such handler.
bool remove_handler(std::string_view id);
bool remove_handler(runtime& world, std::string_view id);
/// Sets the level of a handler. False if there is no such handler.
bool set_handler_level(std::string_view id, report_level level);
bool set_handler_level(runtime& world, std::string_view id, report_level level);
/// The further handlers, in the order in which they were added.
[[nodiscard]] std::vector<handler_info> handlers();
[[nodiscard]] std::vector<handler_info> handlers(runtime& world);

/// One JSON object without a newline: `time`, `level`, `kind`, `process`, `text`, `reason` and `metadata`. Bytes
/// that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json_line(const report& r);

}  // namespace coppice::logger

#pragma GCC visibility pop
