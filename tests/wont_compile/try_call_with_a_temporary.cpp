// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: call<message>(fields...) instead of call(message{fields...})
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
task<> f() {
    co_await server<srv>{"s"}.try_call(config{"a"});
}
