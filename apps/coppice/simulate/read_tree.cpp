// SPDX-License-Identifier: Apache-2.0
// The kind "supervision".

#include "simulate/read_tree.hpp"

#include <map>
#include <set>
#include <utility>

#include "simulate/printable.hpp"

namespace coppice::cli {
namespace {

using std::chrono::milliseconds;

/// Facts about paths before the run: the nodes that the initial tree or a step puts there.
class known_paths {
  public:
    explicit known_paths(const node& root) { learn(root, root.id, true); }

    void learn_of_step(const node& child, const std::string& above) {
        learn(child, above + "/" + child.id, false);
    }
    /// The node of the initial tree; null for a path outside of the initial tree.
    const node* initial(const std::string& path) const {
        const auto found = known_.find(path);
        return found == known_.end() ? nullptr : found->second.initial;
    }
    /// Whether every node ever put at the path is a dynamic supervisor.
    bool always_dynamic(const std::string& path) const {
        const auto found = known_.find(path);
        return found != known_.end() && found->second.always_dynamic;
    }

  private:
    struct knowledge {
        const node* initial = nullptr;
        bool always_dynamic = true;
    };

    void learn(const node& what, const std::string& path, bool is_initial) {
        bytes_ += path.size();
        if (bytes_ > scenario_paths_max) {
            throw scenario_error{"$.root",
                                 "has paths of over " + std::to_string(scenario_paths_max >> 20U) +
                                     " MiB together; shorten ids, or make the tree flatter"};
        }
        knowledge& here = known_[path];
        here.initial = is_initial ? &what : here.initial;
        here.always_dynamic &= what.kind == node_kind::dynamic_supervisor;
        for (const node& child : what.children) {
            learn(child, path + "/" + child.id, is_initial);
        }
    }

    std::map<std::string, knowledge> known_;
    std::size_t bytes_ = 0;
};

struct step_form {
    std::string_view name;
    tree_action action;
    std::vector<std::string_view> keys;
};

const std::vector<step_form>& step_forms() {
    using enum tree_action;
    static const std::vector<step_form> forms{
        {"exit", exit, {"target", "reason"}},
        {"crash", crash, {"target", "message"}},
        {"stop", stop, {"target", "reason"}},
        {"start_child", start_child, {"target", "child"}},
        {"terminate_child", terminate_child, {"target", "id"}},
        {"restart_child", restart_child, {"target", "id"}},
        {"delete_child", delete_child, {"target", "id"}},
        {"which_children", which_children, {"target"}},
        {"count_children", count_children, {"target"}},
        {"advance", advance, {"ms"}},
    };
    return forms;
}

class step_reader {
  public:
    explicit step_reader(const node& root) : paths_{root} {}

    tree_step read(const json_cursor& from) {
        const step_form& form = form_of(from, step_forms());
        tree_step out;
        out.action = form.action;
        out.name = form.name;
        for (const std::string_view key : form.keys) {
            read_value(key, from.at(key), out);
        }
        return out;
    }

  private:
    void read_value(std::string_view key, const json_cursor& from, tree_step& out) {
        if (key == "target") {
            out.target = from.text_that_is_not_empty();
        } else if (key == "reason") {
            out.text = from.text_that_is_not_empty();
        } else if (key == "message") {
            out.text = from.text();
        } else if (key == "ms") {
            out.time = milliseconds{from.integer(0, milliseconds_max)};
        } else if (key == "id") {
            out.text = from.text_that_is_not_empty();
            if (out.text.find('/') != std::string::npos) {
                from.fail("contains a \"/\": give the child's id, not its path");
            }
        } else {
            read_new_child(from, out);
        }
    }

    void read_new_child(const json_cursor& from, tree_step& out) {
        const node* above = paths_.initial(out.target);
        const bool knows_above = above != nullptr && above->kind != node_kind::worker;
        out.child =
            read_child(from, knows_above ? std::optional{above->auto_shutdown} : std::nullopt);
        if (paths_.always_dynamic(out.target) &&
            !dynamic_ids_[out.target].insert(out.child->id).second) {
            from.at("id").fail(started_twice(out.child->id));
        }
        paths_.learn_of_step(*out.child, out.target);
    }

    known_paths paths_;
    std::map<std::string, std::set<std::string>> dynamic_ids_;
};

}  // namespace

std::string started_twice(const std::string& id) {
    return "\"" + shortened(id) +
           "\" was started under this dynamic supervisor before; give each of its children an id "
           "of "
           "its own";
}

tree_scenario read_tree(const json_cursor& from) {
    tree_scenario out;
    out.root = read_root(from.at("root"));
    step_reader reader{out.root};
    const auto steps = from.at("steps").items();
    for (const json_cursor& each : steps) {
        out.steps.push_back(reader.read(each));
    }
    if (from.has("seed")) {
        out.seed = static_cast<std::uint64_t>(from.at("seed").integer(INT64_MIN, INT64_MAX));
    }
    return out;
}

}  // namespace coppice::cli
