// SPDX-License-Identifier: Apache-2.0
// Trees grown from seeds, disturbed at random on the virtual clock. After each disturbance the tree gets
// time to settle, and then the test checks:
//
//     - every process alive is in the tree, and no message is left in a supervisor's mailbox
//     - a supervisor is linked to its parent and its running children only
//     - children keep the order of their specs; no stopped temporary child is kept
//     - without failing starts: the new children are exactly those given by strategy and restart type
//
// COPPICE_TREES=N grows N trees, 0 without end; COPPICE_SEED=S begins with seed S.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "boot/environment.hpp"
#include "coppice/testing/sim_world.hpp"
#include "random_tree.hpp"
#include "support/sanitizers.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds settled{60};

struct spot {
    const tree_node* node;
    const tree_node* parent;
};

void collect(const tree_node& at, const tree_node* parent, std::vector<spot>& out) {
    out.push_back({&at, parent});
    for (const tree_node& each : at.children) {
        collect(each, &at, out);
    }
}

std::vector<spot> spots_of(const tree_node& root) {
    std::vector<spot> out;
    collect(root, nullptr, out);
    return out;
}

const tree_node* find(const tree_node& under, const std::string& id) {
    for (const tree_node& each : under.children) {
        if (each.id == id) {
            return &each;
        }
    }
    return nullptr;
}

const shape* shape_at(const shape& from, const std::string& id) {
    if (from.id == id) {
        return &from;
    }
    for (const shape& each : from.children) {
        if (const shape* found = shape_at(each, id)) {
            return found;
        }
    }
    return nullptr;
}

/// One tree and its tormentor. The tormentor is the root's parent and traps exits.
class trial {
  public:
    explicit trial(std::uint64_t seed)
        : chance_{seed},
          failing_{chance_.percent(40)},
          shape_{grow(chance_, "r", 0, failing_ ? 1 + chance_.below(30) : 0)} {}

    task<> run() {
        trap_exit(true);
        auto starting = supervisor::start_link(specs_of(shape_), flags_of(shape_));
        const auto started = co_await starting;
        root_ = started.process();
        if (!started) {
            EXPECT_TRUE(failing_) << started.error();
            co_await expect_nobody_left();
            co_return;
        }
        for (int round = 0; round < 5 && alive(); ++round) {
            if (failing_ || chance_.percent(30)) {
                co_await storm();
            } else {
                co_await one_end();
            }
        }
        if (alive()) {
            exit(root_, reason::shutdown);
            co_await sleep(settled);
        }
        co_await expect_nobody_left();
    }

  private:
    bool alive() const {
        const std::vector<pid> all = processes();
        return std::count(all.begin(), all.end(), root_) > 0;
    }

    task<tree_node> look() {
        tree_node seen = co_await snapshot(root_);
        seen.id = shape_.id;
        co_return seen;
    }

    /// Several disturbances at once, followed by the checks that hold always.
    task<> storm() {
        const tree_node before = co_await look();
        const std::vector<spot> spots = spots_of(before);
        for (std::size_t left = 1 + chance_.below(4); left > 0; --left) {
            const spot& at = spots[chance_.below(spots.size())];
            if (chance_.percent(60)) {
                hit(*at.node);
            } else if (at.node->type == child_type::supervisor && !at.node->children.empty()) {
                administer(at.node->process,
                           at.node->children[chance_.below(at.node->children.size())].id);
            }
            if (chance_.percent(30)) {
                co_await sleep(std::chrono::milliseconds{chance_.below(2000)});
            }
        }
        co_await sleep(settled);
        co_await check();
    }

    void hit(const tree_node& victim) {
        if (!victim.process) {
            return;
        }
        const exit_reason why =
            chance_.one_of<exit_reason>({reason::kill, "crash", reason::normal, reason::shutdown});
        if (victim.type == child_type::worker && chance_.percent(50)) {
            server<leaf>{victim.process}.cast(leaf::end{why});
        } else {
            exit(victim.process, why);
        }
    }

    /// In a process of its own: the supervisor may end before answering.
    void administer(pid owner, std::string id) {
        const std::size_t what = chance_.below(4);
        spawn([owner, id, what]() -> task<> {
            const supervisor asked{owner};
            if (what == 0) {
                co_await asked.terminate_child(id);
            } else if (what == 1) {
                co_await asked.restart_child(id);
            } else if (what == 2) {
                co_await asked.delete_child(id);
            } else {
                co_await asked.which_children();
            }
        });
    }

    /// One worker ends, with nothing else going on and an empty restart window: the outcome is known.
    task<> one_end() {
        const tree_node before = co_await look();
        std::vector<spot> workers = spots_of(before);
        std::erase_if(workers, [](const spot& each) {
            return each.node->type != child_type::worker || !each.node->process;
        });
        if (workers.empty()) {
            co_return;
        }
        const spot& at = workers[chance_.below(workers.size())];
        const exit_reason why =
            chance_.one_of<exit_reason>({"crash", reason::normal, reason::shutdown});
        const std::vector<explanation> predicted = co_await explain(at.node->process, why);
        server<leaf>{at.node->process}.cast(leaf::end{why});
        co_await sleep(settled);
        co_await check();
        co_await check_prediction(predicted, before);
        const shape& owner = *shape_at(shape_, at.parent->id);
        const shape& ended = *owner.child(at.node->id);
        const bool restarts =
            ended.restart == permanent || (ended.restart == transient && why == "crash");
        if (restarts && owner.max_restarts == 0) {
            co_return;  // the supervisor gives up: only the checks that hold always apply
        }
        EXPECT_TRUE(alive()) << "the tree ended of one end";
        if (!alive()) {
            co_return;
        }
        const tree_node after = co_await look();
        compare(*at.parent, after, owner, ended, restarts);
    }

    /// Checks that the explanation given before matches the outcome.
    task<> check_prediction(std::vector<explanation> predicted, tree_node before) {
        const std::vector<pid> living = processes();
        EXPECT_FALSE(predicted.empty());
        for (const explanation& each : predicted) {
            EXPECT_EQ(std::ranges::count(living, each.supervisor), each.shuts_down ? 0 : 1)
                << to_text(predicted);
            EXPECT_EQ(each.restarts > each.max_restarts, each.shuts_down) << to_text(predicted);
        }
        if (!predicted.empty() && !predicted.back().shuts_down) {
            const tree_node after = co_await look();
            compare_prediction(predicted.back(), before, after);
        }
    }

    static const tree_node* node_of(const std::vector<spot>& spots, const pid& process) {
        const auto found = std::ranges::find_if(
            spots, [&](const spot& each) { return each.node->process == process; });
        return found == spots.end() ? nullptr : found->node;
    }

    static void compare_prediction(const explanation& told, const tree_node& before,
                                   const tree_node& after) {
        const std::vector<spot> spots_before = spots_of(before);
        const std::vector<spot> spots_after = spots_of(after);
        const tree_node* was = node_of(spots_before, told.supervisor);
        const tree_node* is = node_of(spots_after, told.supervisor);
        ASSERT_TRUE(was != nullptr && is != nullptr);
        const auto is_told = [&](planned_kind kind, const std::string& id) {
            return std::ranges::any_of(told.actions, [&](const planned_action& each) {
                return each.kind == kind && each.child == id;
            });
        };
        for (const tree_node& child : was->children) {
            const tree_node* now = find(*is, child.id);
            const std::string why = child.id + "\n" + to_text({told});
            EXPECT_EQ(is_told(planned_kind::forget, child.id), now == nullptr) << why;
            const bool is_new = now != nullptr && now->process && now->process != child.process;
            EXPECT_EQ(is_told(planned_kind::start, child.id), is_new) << why;
        }
    }

    void compare(const tree_node& before, const tree_node& whole, const shape& owner,
                 const shape& ended, bool restarts) {
        const std::vector<spot> spots = spots_of(whole);
        const auto same = std::find_if(spots.begin(), spots.end(), [&](const spot& each) {
            return each.node->id == before.id && each.node->process == before.process;
        });
        ASSERT_NE(same, spots.end()) << before.id << " was restarted itself";
        bool after_ended = false;
        for (const tree_node& was : before.children) {
            const shape& child = *owner.child(was.id);
            const bool itself = was.id == ended.id;
            const bool affected =
                itself || (restarts && (owner.strategy == one_for_all ||
                                        (owner.strategy == rest_for_one && after_ended)));
            after_ended = after_ended || itself;
            const tree_node* now = find(*same->node, was.id);
            expect_fate(was, now, child, affected, restarts);
        }
    }

    static void expect_fate(const tree_node& was, const tree_node* now, const shape& child,
                            bool affected, bool restarts) {
        if (affected && child.restart == temporary) {
            EXPECT_EQ(now, nullptr) << was.id << " is temporary and ended";
            return;
        }
        ASSERT_NE(now, nullptr) << was.id << " was lost";
        if (!affected) {
            EXPECT_EQ(now->process, was.process) << was.id << " had no part in it";
        } else if (restarts) {
            EXPECT_TRUE(now->process && now->process != was.process) << was.id << " is not new";
        } else {
            EXPECT_FALSE(now->process) << was.id << " was started again";
        }
    }

    /// Checks the properties of every settled tree.
    task<> check() {
        if (!alive()) {
            co_await expect_nobody_left();
            co_return;
        }
        const tree_node now = co_await look();
        std::set<pid> expected{self()};
        for (const spot& each : spots_of(now)) {
            if (each.node->process) {
                expected.insert(each.node->process);
            }
            if (each.node->type == child_type::supervisor && each.node->process) {
                check_supervisor(each);
                co_await check_links(each);
            }
        }
        const std::vector<pid> living = processes();
        EXPECT_EQ(std::set<pid>(living.begin(), living.end()), expected) << "an orphan, or a ghost";
    }

    void check_supervisor(const spot& at) const {
        const shape& made = *shape_at(shape_, at.node->id);
        EXPECT_FALSE(at.node->busy) << made.id;
        EXPECT_EQ(at.node->message_queue_len, 0U) << made.id;
        std::size_t position = 0;
        for (const tree_node& child : at.node->children) {
            while (position < made.children.size() && made.children[position].id != child.id) {
                ++position;
            }
            ASSERT_LT(position, made.children.size()) << child.id << " is out of order";
            if (made.children[position].restart == temporary) {
                EXPECT_TRUE(child.process) << child.id << " is temporary and kept";
            }
        }
    }

    task<> check_links(spot at) const {
        const std::vector<process_information> info = co_await process_info(at.node->process);
        std::set<pid> expected{at.parent == nullptr ? self() : at.parent->process};
        for (const tree_node& child : at.node->children) {
            if (child.process) {
                expected.insert(child.process);
            }
        }
        for (const process_information& each : info) {
            EXPECT_EQ(std::set<pid>(each.links.begin(), each.links.end()), expected) << at.node->id;
        }
        EXPECT_EQ(info.size(), 1U);
    }

    task<> expect_nobody_left() {
        co_await sleep(settled);
        const std::vector<pid> living = processes();
        EXPECT_EQ(living, std::vector<pid>{self()}) << "the tree is gone, somebody lives on";
        EXPECT_TRUE(registered().empty());
    }

    dice chance_;
    bool failing_;
    shape shape_;
    pid root_;
};

void grow_and_torment(std::uint64_t seed) {
    SCOPED_TRACE("COPPICE_TREES=1 COPPICE_SEED=" + std::to_string(seed));
    runtime_options options = testing::sim_world::quiet();
    options.delays = static_cast<signal_delays>(seed % 3);
    testing::sim_world world{seed, options};
    const auto ended = world.run([seed]() -> task<> {
        trial one{seed};
        co_await one.run();
    });
    ASSERT_TRUE(ended.has_value());
    ASSERT_EQ(*ended, reason::normal);
    ASSERT_EQ(world.broken_invariants(), std::vector<std::string>{});
}

/// A schedule is the same in every build, so a sanitizer build, ten times slower, covers
/// all of the code with fewer trees.
constexpr std::uint64_t trees_in_all = under_asan || under_tsan ? 2'000 : 10'000;
constexpr std::uint64_t shares = 8;

/// The trees are divided into shares, so that test programs run in parallel on a machine with many cores.
class random_trees : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(random_trees, keep_the_invariants_under_random_faults) {
    const std::uint64_t first = boot::number_in_environment("COPPICE_SEED").value_or(1);
    const std::uint64_t count = boot::number_in_environment("COPPICE_TREES").value_or(trees_in_all);
    for (std::uint64_t seed = first + GetParam(); count == 0 || seed < first + count;
         seed += shares) {
        grow_and_torment(seed);
        ASSERT_FALSE(HasFailure());
    }
}
INSTANTIATE_TEST_SUITE_P(share, random_trees, ::testing::Range<std::uint64_t>(0, shares));

}  // namespace
}  // namespace coppice::test
