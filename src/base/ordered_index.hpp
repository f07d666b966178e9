// SPDX-License-Identifier: Apache-2.0
// A small map that iterates in an order that depends only on what was done to it, so that a
// simulated run repeats exactly. Up to `linear_max` entries it is a vector; above that a hash index
// finds them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coppice::base {

template <class Key, class Value>
class ordered_index {
  public:
    struct entry {
        Key key;
        Value value;
    };

    bool empty() const noexcept { return entries_.empty(); }
    std::size_t size() const noexcept { return entries_.size(); }
    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }

    Value* find(const Key& key) noexcept {
        const std::size_t at = position(key);
        return at == npos ? nullptr : &entries_[at].value;
    }
    bool contains(const Key& key) const noexcept { return position(key) != npos; }

    /// False, and nothing happens, if the key is there already.
    bool insert(const Key& key, Value value) {
        if (contains(key)) {
            return false;
        }
        entries_.push_back({key, std::move(value)});
        if (index_) {
            index_->emplace(key, entries_.size() - 1);
        } else if (entries_.size() > linear_max) {
            build_index();
        }
        return true;
    }

    bool erase(const Key& key) {
        const std::size_t at = position(key);
        if (at == npos) {
            return false;
        }
        if (index_) {
            index_->erase(key);
        }
        if (at + 1 != entries_.size()) {
            entries_[at] = std::move(entries_.back());
            if (index_) {
                (*index_)[entries_[at].key] = at;
            }
        }
        entries_.pop_back();
        return true;
    }

  private:
    static constexpr std::size_t linear_max = 16;
    static constexpr std::size_t npos = SIZE_MAX;

    std::size_t position(const Key& key) const noexcept {
        if (index_) {
            const auto found = index_->find(key);
            return found == index_->end() ? npos : found->second;
        }
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            if (entries_[at].key == key) {
                return at;
            }
        }
        return npos;
    }

    void build_index() {
        index_ = std::make_unique<std::unordered_map<Key, std::size_t>>();
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            index_->emplace(entries_[at].key, at);
        }
    }

    std::vector<entry> entries_;
    std::unique_ptr<std::unordered_map<Key, std::size_t>> index_;
};

}  // namespace coppice::base
