// SPDX-License-Identifier: Apache-2.0

#include "chat/artist.hpp"

#include <memory>
#include <utility>

#include "chat/text.hpp"

namespace chat {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr auto freshness = 500ms;

/// A separate process draws the tree: a snapshot also asks the artist, so the
/// artist has to stay free to answer.
task<> draw(pid artist_process) {
    const tree_node tree = co_await snapshot(coppice::whereis("chat"), 500ms);
    const artist::drawn picture{std::make_shared<const std::string>(to_text(tree))};
    server<artist>{artist_process}.cast(picture);
}

}  // namespace

bool artist::picture::is_fresh() const {
    return text && monotonic_time() - made < freshness;
}

void artist::handle_call(draw_tree, reply_to<shared_text> answer) {
    if (tree_.is_fresh()) {
        answer(tree_.text);
        return;
    }
    if (waiting_.empty()) {
        drawing_ = spawn_monitor(draw, self()).monitor;
    }
    // At most one entry per client, since a waiting client sends no second request.
    waiting_.push_back(std::move(answer));
}

void artist::handle_cast(drawn m) {
    tree_ = {std::move(m.tree), monotonic_time()};
    for (auto& each : std::exchange(waiting_, {})) {
        each(tree_.text);
    }
}

/// The drawing process has ended: either with its picture sent, or with a failure. After a failure the
/// waiting clients get no answer.
void artist::handle_info(const down_message& m) {
    if (m.monitor == drawing_) {
        waiting_.clear();
    }
}

shared_text artist::handle_call(list_rooms) {
    if (!rooms_.is_fresh()) {
        const std::string prefix = room::process_name("");
        std::vector<std::string> names;
        for (const std::string& name : registered()) {
            if (name.starts_with(prefix)) {
                names.push_back(name.substr(prefix.size()));
            }
        }
        rooms_ = {std::make_shared<const std::string>(listed("rooms:", names)), monotonic_time()};
    }
    return rooms_.text;
}

}  // namespace chat
