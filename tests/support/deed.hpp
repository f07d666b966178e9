// SPDX-License-Identifier: Apache-2.0
// A public function with effects through the calling process, and its targets.

#pragma once

#include <functional>

#include "coppice/coppice.hpp"

namespace coppice::test {

struct go_home {};

/// Targets of the deeds. All belong to living processes.
struct stage {
    /// Registered as "bystander". Receives only `go_home`.
    pid bystander;
    pid nameless;
    timer armed;  ///< To the bystander, in an hour.
    reply_to<int> owed;
};

/// A process that lives until `go_home`.
inline task<> stay() {
    co_await receive<go_home>();
}

struct idler {
    struct nudge {};
    int handle_call(nudge) const { return 1; }
    void handle_cast(nudge) {}
    void handle_info(nudge) {}
    void handle_continue(nudge) {}
};

struct deed {
    const char* name;
    /// Whether the deed of a running process has an effect visible to `look`.
    bool shows;
    /// True: the answer was not empty.
    std::function<bool(const stage&)> run;
};

namespace deed_parts {

inline bool answered(const pid& who) {
    return static_cast<bool>(who);
}
inline bool nothing() {
    return false;
}

}  // namespace deed_parts
}  // namespace coppice::test
