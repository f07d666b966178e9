// SPDX-License-Identifier: Apache-2.0
// only g++ before 13
// expect: call<message>(fields...) instead of call(message{fields...})
#include "owning.hpp"
task<> f() {
    co_await server<srv>{"s"}.call(config{"a"});
}
