// SPDX-License-Identifier: Apache-2.0

#include "telemetry/context.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <exception>
#include <new>
#include <random>
#include <utility>

#include "base/turn.hpp"
#include "coppice/telemetry.hpp"
#include "process/caller.hpp"
#include "telemetry/hub.hpp"

namespace coppice::telemetry {

using detail::message_node;
using detail::process;
using detail::runtime_core;
using process_layer::caller;
using process_layer::handled_message;

namespace {

/// The type of one message with a context.
struct carrying_type final : detail::message_type, detail::pooled {
    carrying_type(const detail::message_type& plain, const trace_context& given)
        : message_type{plain}, own{&plain}, context{given} {
        destroy = &destroy_both;
        taken = &take;
    }

    static const carrying_type& of(const message_node& node) noexcept {
        return static_cast<const carrying_type&>(*node.type);
    }
    static bool is_of(const message_node& node) noexcept {
        return node.type->destroy == &destroy_both;
    }
    static void destroy_both(message_node* node) noexcept {
        const carrying_type* const gone = &of(*node);
        node->type = gone->own;
        delete gone;
        node->type->destroy(node);
    }
    static const std::type_info* take(const message_node& node) noexcept {
        const handled_message plain{of(node).own->taken(node)};
        process* const taker = base::current_process();
        if (taker == nullptr) {
            return plain.type();
        }
        return context_keeper::of(taker->world()).take(*taker, of(node).context)
                   ? plain.with_marks(handled_message::brought_context)
                   : plain.type();
    }

    const detail::message_type* const own;
    const trace_context context;
};

}  // namespace

void give_context(message_node& to, const trace_context& given) {
    if (!carrying_type::is_of(to)) {
        to.type = new carrying_type{*to.type, given};
    }
}

context_keeper::~context_keeper() {
    if (runtime_.load(std::memory_order_relaxed) != nullptr) {
        detail::telemetry_in_use.fetch_sub(1, std::memory_order_relaxed);
    }
}

void context_keeper::join(runtime_core& world) {
    const std::scoped_lock lock{joining_};
    if (runtime_.load(std::memory_order_relaxed) != nullptr) {
        return;
    }
    detail::telemetry_in_use.fetch_add(1, std::memory_order_relaxed);
    behind_ = world.to_pids().opened();
    // Pairs with no acquire: a process that reads runtime_ came through the route, which
    // route::open() publishes.
    runtime_.store(&world, std::memory_order_release);
    world.to_pids().open(*this);
}

context_keeper::line& context_keeper::line_of(const process& whose) {
    shard& where = shards_[whose.index() % shard_count];
    const platform::scoped_lock lock{where.lock};
    line& found = where.lines[whose.index()];
    const std::uint32_t generation = whose.self().generation();
    if (found.generation != generation) {
        found = {.generation = generation, .scope = {}, .brought = {}};
    }
    return found;
}

/// Does not create a line, since most processes have none.
std::optional<trace_context> context_keeper::current(const process& whose) noexcept {
    shard& where = shards_[whose.index() % shard_count];
    const platform::scoped_lock lock{where.lock};
    const auto found = where.lines.find(whose.index());
    if (found == where.lines.end() || found->second.generation != whose.self().generation()) {
        return std::nullopt;
    }
    const line& kept = found->second;
    return (whose.handled().marks() & handled_message::brought_context) != 0
               ? std::optional{kept.brought}
               : kept.scope;
}

context_keeper::scope context_keeper::enter(process& whose, const trace_context& inner) {
    line& kept = line_of(whose);
    const scope outer{kept.scope, whose.handled().marks()};
    kept.scope = inner;
    whose.mark_handled(handled_message::in_scope);
    return outer;
}

void context_keeper::leave(process& whose, const scope& outer) {
    line_of(whose).scope = outer.context;
    if (whose.handled().marks() == handled_message::in_scope) {  // else a message came since
        whose.mark_handled(outer.marks);
    }
}

bool context_keeper::take(process& whose, const trace_context& brought) noexcept {
    try {
        line_of(whose).brought = brought;
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

process_layer::receipt context_keeper::offer(const pid& to, detail::signal& sent) noexcept {
    if (sent.kind == detail::signal_kind::message || sent.kind == detail::signal_kind::call) {
        prepare(static_cast<message_node&>(sent));
    }
    return behind_ == nullptr ? runtime_.load(std::memory_order_relaxed)->offer_now(to, sent)
                              : behind_->offer(to, sent);
}

/// If memory runs out, the message is sent without the context.
void context_keeper::prepare(message_node& leaving) noexcept {
    process* const sender = base::current_process();
    if (sender == nullptr || &sender->world() != runtime_.load(std::memory_order_relaxed)) {
        return;
    }
    try {
        if (const auto context = current(*sender)) {
            give_context(leaving, *context);
        }
    } catch (const std::bad_alloc&) {
        return;
    }
}

namespace {

std::uint64_t chosen_by_chance() noexcept {
    try {
        std::random_device chance;
        return std::uint64_t{chance()} << 32U | chance();
    } catch (const std::exception&) {  // no random device: fall back to the clock
        return static_cast<std::uint64_t>(
            std::chrono::system_clock::now().time_since_epoch().count());
    }
}

}  // namespace

/// SplitMix64: 2^64 draws without a repetition. One draw would be zero, and is replaced.
std::uint64_t context_keeper::draw(const runtime_core& world) noexcept {
    constexpr std::uint64_t of_simulations = 0x1F2E3D4C5B6A7988;
    constexpr std::uint64_t step = 0x9E3779B97F4A7C15;
    std::call_once(seeded_, [&] {
        drawn_.store(world.chosen().simulated ? of_simulations : chosen_by_chance());
    });
    std::uint64_t value = drawn_.fetch_add(step, std::memory_order_relaxed);
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EB;
    value ^= value >> 31U;
    return value != 0 ? value : step;
}

span_id context_keeper::new_span(const runtime_core& world) noexcept {
    return std::bit_cast<span_id>(draw(world));
}

trace_context context_keeper::new_trace(const runtime_core& world) noexcept {
    trace_context out;
    out.trace = std::bit_cast<std::array<std::uint8_t, 16>>(std::array{draw(world), draw(world)});
    out.span = new_span(world);
    out.flags = trace_context::sampled | trace_context::random;
    return out;
}

span_facts begin_span_facts(runtime_core& world) {
    span_facts out;
    out.number = world.new_tag();
    const caller me;
    if (!me) {
        return out;
    }
    out.process = me->self();
    context_keeper& keeper = context_keeper::of(world);
    out.context = keeper.current(*me);
    if (out.context) {
        out.parent = std::exchange(out.context->span, keeper.new_span(world));
    }
    return out;
}

std::optional<trace_context> current_context() {
    const caller me;
    if (!me || !detail::uses_telemetry()) {
        return std::nullopt;
    }
    return context_keeper::of(me->world()).current(*me);
}

trace_context new_trace() {
    const caller me;
    return me ? context_keeper::of(me->world()).new_trace(me->world()) : trace_context{};
}

with_context::with_context(const trace_context& context) {
    const caller me;
    if (!me) {
        return;
    }
    context_keeper& keeper = context_keeper::of(me->world());
    keeper.join(me->world());
    context_keeper::scope before = keeper.enter(*me, context);
    owner_ = me->self();
    outer_ = before.context;
    outer_marks_ = before.marks;
}

with_context::~with_context() {
    if (!owner_) {
        return;
    }
    if (const caller me; me && me->self() == owner_) {
        context_keeper::of(me->world()).leave(*me, {outer_, outer_marks_});
    }
}

}  // namespace coppice::telemetry
