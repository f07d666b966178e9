// SPDX-License-Identifier: Apache-2.0
// The telemetry handlers of one runtime. The table of handlers is immutable: `attach` and `detach` publish a
// new table. An event is delivered to the table that was current when the event happened. No lock is held
// while handlers run.
//
// Threads    Any.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/detail/telemetry_hooks.hpp"
#include "platform/guarded.hpp"
#include "process/runtime_core.hpp"

namespace coppice::telemetry {

/// The number of ids with handlers for calls, in all runtimes. Hidden visibility avoids an indirection
/// through the global offset table.
[[gnu::visibility("hidden")]] extern constinit std::atomic<std::uint32_t> calls_watched;

}  // namespace coppice::telemetry

namespace coppice::detail {

class telemetry_hub : public std::enable_shared_from_this<telemetry_hub> {
  public:
    telemetry_hub() = default;
    telemetry_hub(const telemetry_hub&) = delete;
    telemetry_hub& operator=(const telemetry_hub&) = delete;
    ~telemetry_hub();

    static telemetry_hub& of(runtime_core& world) { return world.extended().get<telemetry_hub>(); }

    /// Throws badarg_error if the id is attached.
    void attach(std::string id, telemetry_clauses clauses);
    bool detach(std::string_view id) noexcept;
    std::vector<std::string> ids() const;
    /// Whether an attached clause satisfies the predicate.
    bool has_clause(bool (*fulfils)(const telemetry_clause&) noexcept) const;
    /// Runs user code. Not to be called inside a process's custody.
    void execute(runtime_core& world, const std::type_info& event, const void* happened) noexcept;

    template <class Event>
    void execute(runtime_core& world, const Event& happened) noexcept {
        execute(world, typeid(Event), &happened);
    }

  private:
    struct entry {
        std::string id;
        telemetry_clauses clauses;
        bool hears_calls = false;
        std::atomic<bool> attached{true};
    };
    using table = std::vector<std::shared_ptr<entry>>;

    std::shared_ptr<const table> entries() const;
    table attached_ones() const COPPICE_REQUIRES(mutex_);
    void give(runtime_core& world, entry& to, const std::type_info& event,
              const void* happened) noexcept;
    void drop_failed(runtime_core& world, entry& failed) noexcept;
    /// False if the entry was already detached.
    static bool mark_detached(entry& gone) noexcept;
    void sweep() noexcept;

    mutable platform::mutex mutex_;
    std::shared_ptr<const table> entries_ COPPICE_GUARDED_BY(mutex_) =
        std::make_shared<const table>();
};

}  // namespace coppice::detail
