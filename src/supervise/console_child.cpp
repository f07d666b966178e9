// SPDX-License-Identifier: Apache-2.0
// The registry of the supervisors whose children can be started with texts.

#include "coppice/console_child.hpp"

#include <exception>
#include <map>
#include <utility>

#include "coppice/printable.hpp"
#include "platform/guarded.hpp"
#include "process/caller.hpp"
#include "process/crash_boundary.hpp"

namespace coppice {
namespace {

using detail::text_child;

/// Belongs to one runtime. The key is the name of the supervisor.
class text_children {
  public:
    void keep(std::string_view supervisor, std::shared_ptr<const text_child> how) {
        const platform::scoped_lock lock{mutex_};
        known_.insert_or_assign(std::string{supervisor}, std::move(how));
    }
    std::shared_ptr<const text_child> find(std::string_view supervisor) const {
        const platform::scoped_lock lock{mutex_};
        const auto found = known_.find(supervisor);
        return found == known_.end() ? nullptr : found->second;
    }

  private:
    mutable platform::mutex mutex_;
    std::map<std::string, std::shared_ptr<const text_child>, std::less<>> known_
        COPPICE_GUARDED_BY(mutex_);
};

std::string usage_of(std::string_view supervisor, const text_child& how) {
    std::string out = "a child of " + std::string{supervisor};
    const std::vector<std::string> wanted = how.parameters();
    if (wanted.empty()) {
        return out + " takes no arguments";
    }
    out += wanted.size() == 1 ? " takes one argument: " : " takes the arguments ";
    for (const std::string& each : wanted) {
        out += (&each == wanted.data() ? "" : ", ") + each;
    }
    return out;
}

std::unexpected<message_error> refused(const exit_reason& why, const std::string& text) {
    return std::unexpected{message_error{why, printable(text)}};
}

}  // namespace

void detail::keep_text_child(std::string_view supervisor, std::shared_ptr<const text_child> how) {
    runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr) {
        return;
    }
    if (supervisor.empty()) {
        throw badarg_error{"console_child: the name of the supervisor is empty"};
    }
    world->extended().get<text_children>().keep(supervisor, std::move(how));
}

std::expected<child_spec, message_error> child_by_text(std::string_view supervisor,
                                                       const std::vector<std::string>& arguments) {
    detail::runtime_core* const world = process_layer::runtime_of_caller();
    if (world == nullptr) {
        return refused(reason::noproc, "the caller has ended");
    }
    const auto how = world->extended().get<text_children>().find(supervisor);
    if (how == nullptr) {
        return refused("undef", "no function makes a child of " + std::string{supervisor} +
                                    " from texts; add to the program console_child(\"" +
                                    std::string{supervisor} + "\", [](std::string name) { … })");
    }
    if (const std::size_t wanted = how->parameters().size(); wanted != arguments.size()) {
        return refused(reason::badarg, usage_of(supervisor, *how) + ", and not " +
                                           std::to_string(arguments.size()));
    }
    std::exception_ptr error;
    try {
        auto made = how->make(arguments);
        if (!made) {
            return refused(reason::badarg,
                           usage_of(supervisor, *how) + "; " + to_string(made.error()));
        }
        return std::move(*made);
    } catch (...) {
        error = std::current_exception();
    }
    const exit_reason why = detail::reason_of(error);
    return refused(
        why, "the child of " + std::string{supervisor} + " cannot be made: " + to_string(why));
}

}  // namespace coppice
