// SPDX-License-Identifier: Apache-2.0
// The debug options of a server, set by sys. A server has none until sys sets one.
//
// Threads    The server's own.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coppice/sys.hpp"

namespace coppice::detail {

struct debugging {
    struct counts {
        nanoseconds started{0};
        std::uint64_t reductions = 0;
        std::uint64_t in = 0;
        std::uint64_t out = 0;
    };
    struct kept_events {
        std::size_t limit = 0;
        std::deque<sys::event> events;
    };
    struct installed {
        std::string id;
        std::unique_ptr<debug_function> function;
    };

    /// Every line is flushed before the server continues, so a crash loses no line.
    class log_file {
      public:
        /// Errors: `{open_file, why}`.
        static std::expected<log_file, exit_reason> open(const std::string& path);
        /// False if the line could not be written.
        bool write(const std::string& line);
        const std::string& path() const noexcept { return path_; }

      private:
        log_file(std::string path, std::ofstream out)
            : path_{std::move(path)}, out_{std::move(out)} {}

        std::string path_;
        std::ofstream out_;
    };

    bool is_idle() const noexcept {
        return !statistics && !log && !traces && !file && functions.empty();
    }
    bool has_function(const std::string& id) const;
    /// Never throws, since debugging must not end a server. `make()` makes the event.
    template <class Make>
    void tell(sys::event_kind kind, Make make) noexcept;

    std::optional<counts> statistics;
    std::optional<kept_events> log;
    bool traces = false;
    std::unique_ptr<trace_writer> writer;  ///< Null: traces are reports.
    std::optional<log_file> file;
    std::vector<installed> functions;
    std::shared_ptr<const debug_setup> setup;  ///< Only until the server serves.

  private:
    void count(sys::event_kind kind) noexcept;
    void pass_on(const sys::event& told);
    void trace(const sys::event& told) noexcept;
    void write_to_file(const sys::event& told) noexcept;
};

}  // namespace coppice::detail

namespace coppice::behaviour {

/// The lines that a report shows.
std::vector<std::string> log_of(const detail::debugging* debug);
/// The registered name of the current process, or its pid.
std::string own_name();
/// The behaviour of the current process, as reports name it. Precondition: the process runs a behaviour.
std::string own_behaviour();
/// Publishes a report of the current process about its debug options.
void report_on_debugging(const std::string& what);

}  // namespace coppice::behaviour
