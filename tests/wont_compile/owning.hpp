// SPDX-License-Identifier: Apache-2.0
// An aggregate that owns memory, and classes that take the aggregate.

#pragma once

#include <coppice/coppice.hpp>
using namespace coppice;
struct config {
    std::string name;
};
struct srv {
    explicit srv(config) {}
    int handle_call(config) { return 1; }
};
struct tree {
    static supervisor_init init(config) { return supervisor::init(children()); }
};
