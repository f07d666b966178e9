// SPDX-License-Identifier: Apache-2.0

#include "process/name_index.hpp"

#include "coppice/detail/contract.hpp"

namespace coppice::process_layer {
namespace {

constexpr int attempts_max = 8;
constexpr std::size_t cells_min = 16;

}  // namespace

/// The version is odd while a change lives.
class name_index::change {
  public:
    explicit change(std::atomic<std::uint64_t>& version) noexcept : version_{version} { step(); }
    ~change() { step(); }
    change(const change&) = delete;
    change& operator=(const change&) = delete;

  private:
    // A reader of a changed word also sees the first step, because changed words are stored with release. The
    // second step is a release store after the change.
    void step() noexcept {
        // Pairs with the acquire of `version_` in find().
        version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

    std::atomic<std::uint64_t>& version_;
};

// Inlined, to keep the key in registers.
[[gnu::always_inline]] inline name_record name_index::search(const name_key& name) const noexcept {
    // Acquire: pairs with the release in grow().
    const table* const used = table_.load(std::memory_order_acquire);
    if (used == nullptr) {
        return {};
    }
    // In the middle of a change the free cell at the end of a probe may be missing.
    for (std::size_t step = 0; step < used->size(); ++step) {
        const cell& each = used->cells[(used->home_of(name.hash()) + step) & used->mask];
        // Acquire: pairs with the releases in put() and erase().
        const name_record held{each.record.load(std::memory_order_acquire)};
        if (!held) {
            return {};
        }
        // Acquire: pairs with the releases in put() and erase().
        if (each.hash.load(std::memory_order_acquire) == name.hash() && held.is_of(name)) {
            return held;
        }
    }
    return {};
}

pid name_index::find(const name_key& name) const noexcept {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        // Acquire: pairs with the release in change::step().
        const std::uint64_t before = version_.load(std::memory_order_acquire);
        const name_record found = search(name);
        const pid who = found ? found.who() : pid{};
        if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) {
            return who;
        }
    }
    const std::scoped_lock lock{mutex};
    const name_record found = record_of(name);
    return found ? found.who() : pid{};
}

name_record name_index::record_of(const name_key& name) const noexcept {
    return search(name);
}

name_record name_index::insert(const name_key& name, const pid& who) {
    if (tables_.empty() || 2 * count_ >= tables_.back()->size()) {
        grow();
    }
    name_record added{words_.take(name_record::size_for(name.size()))};
    const change now{version_};
    added.write(name, who);
    put(*tables_.back(), name.hash(), added.words());
    ++count_;
    return added;
}

void name_index::erase(const name_record& gone, std::uint64_t hash) noexcept {
    const std::size_t words = name_record::size_for(gone.length());
    const change now{version_};
    const table& used = *tables_.back();
    const auto cell_at = [&used](std::size_t at) -> cell& { return used.cells[at & used.mask]; };
    std::size_t hole = used.home_of(hash);
    while (cell_at(hole).record.load(std::memory_order_relaxed) != gone.words()) {
        COPPICE_EXPECTS(cell_at(hole).record.load(std::memory_order_relaxed) != nullptr,
                        "erase a record of this index, with the hash of its name");
        ++hole;
    }
    // Back-shift deletion: a record behind the hole moves up if a look-up would miss the
    // record across the hole.
    for (std::size_t at = hole + 1;; ++at) {
        const cell& each = cell_at(at);
        stable_word* const moved = each.record.load(std::memory_order_relaxed);
        if (moved == nullptr) {
            break;
        }
        const std::uint64_t its_hash = each.hash.load(std::memory_order_relaxed);
        if (((at - used.home_of(its_hash)) & used.mask) >= at - hole) {
            // Release: pairs with the acquires in search().
            cell_at(hole).hash.store(its_hash, std::memory_order_release);
            cell_at(hole).record.store(moved, std::memory_order_release);
            hole = at;
        }
    }
    // Release: pairs with the acquire in search().
    cell_at(hole).record.store(nullptr, std::memory_order_release);
    words_.give_back(gone.words(), words);
    --count_;
}

void name_index::list(std::vector<std::string>& out) const {
    if (tables_.empty()) {
        return;
    }
    const table& used = *tables_.back();
    for (std::size_t at = 0; at < used.size(); ++at) {
        if (const name_record held{used.cells[at].record.load(std::memory_order_relaxed)}) {
            out.push_back(held.name());
        }
    }
}

void name_index::grow() {
    const std::size_t size = tables_.empty() ? cells_min : 2 * tables_.back()->size();
    auto larger = std::make_unique<const table>(size);
    for (std::size_t at = 0; at < size / 2 && !tables_.empty(); ++at) {
        const cell& each = tables_.back()->cells[at];
        if (stable_word* const held = each.record.load(std::memory_order_relaxed)) {
            put(*larger, each.hash.load(std::memory_order_relaxed), held);
        }
    }
    tables_.push_back(std::move(larger));
    const change now{version_};
    // Release: pairs with the acquire in search().
    table_.store(tables_.back().get(), std::memory_order_release);
}

void name_index::put(const table& into, std::uint64_t hash, stable_word* record) noexcept {
    std::size_t at = into.home_of(hash);
    while (into.cells[at].record.load(std::memory_order_relaxed) != nullptr) {
        at = (at + 1) & into.mask;
    }
    // Release: pairs with the acquires in search().
    into.cells[at].hash.store(hash, std::memory_order_release);
    into.cells[at].record.store(record, std::memory_order_release);
}

}  // namespace coppice::process_layer
