// SPDX-License-Identifier: Apache-2.0
// The applications of a runtime: which are loaded, the state of each, and the environments. All processes may
// read. Only the controller changes the state of an application.
//
// Threads    Any.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/application.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::application::detail {

enum class state : std::uint8_t { loaded, starting, running, ended };

struct record {
    const description* what = nullptr;
    state now = state::loaded;
    restart_type type = temporary;
    pid master;
    pid top;
    std::uint64_t loaded_as = 0;   ///< A number that counts up.
    std::uint64_t running_as = 0;  ///< Likewise, for starts.

    bool is_started() const noexcept { return now == state::running || now == state::ended; }
};

class directory {
  public:
    static directory& of(coppice::detail::runtime_core& world) {
        return world.extended().get<directory>();
    }

    void_result load(const description& what);
    void_result unload(std::string_view name);
    std::optional<record> find(std::string_view name) const;
    bool is_started(std::string_view name) const;
    /// Newest first.
    std::vector<information> loaded() const;
    std::vector<information> running() const;

    // For the controller.
    /// Resets all applications to `loaded`.
    void forget_runs();
    void set_starting(std::string_view name, restart_type type, const pid& master);
    void set_running(std::string_view name, const pid& top);
    void set_state(std::string_view name, state now);

    std::optional<value> find_env(std::string_view app, std::string_view key) const;
    table all_env(std::string_view app) const;
    void put_env(std::string_view app, std::string_view key, value v);
    void delete_env(std::string_view app, std::string_view key);
    changes replace_env(std::string_view app, table next);

    /// The controller of the runtime. Starts one if none is alive. Empty once an application has
    /// ended the runtime.
    pid controller(coppice::detail::runtime_core& world);
    void end_runtime();

  private:
    std::vector<information> sorted(bool only_running) const;
    record* own(std::string_view name) COPPICE_REQUIRES(mutex_);

    mutable coppice::platform::mutex mutex_;
    std::map<std::string, record, std::less<>> records_ COPPICE_GUARDED_BY(mutex_);
    std::map<std::string, table, std::less<>> environments_ COPPICE_GUARDED_BY(mutex_);
    std::uint64_t counted_ COPPICE_GUARDED_BY(mutex_) = 0;
    pid controller_ COPPICE_GUARDED_BY(mutex_);
    bool ends_runtime_ COPPICE_GUARDED_BY(mutex_) = false;
};

/// The directory of the calling process's runtime. Null if the process is dead.
directory* directory_here();

}  // namespace coppice::application::detail
