// SPDX-License-Identifier: Apache-2.0
// The sizes that docs/internals/memory.md states.

#include <gtest/gtest.h>

#include <optional>

#include "coppice/gen_server.hpp"
#include "process/runtime_core.hpp"

namespace coppice::process_layer {
namespace {

static_assert(sizeof(void*) == 8, "the sizes are those of 64 bits");

TEST(memory, of_a_process_is_three_cache_lines_of_its_own) {
    EXPECT_EQ(sizeof(detail::process), 192U);
    EXPECT_EQ(alignof(detail::process), 64U);
}

struct stateless {
    void handle_cast(int) {}
};
struct one_pointer {
    void handle_cast(int) {}
    void* p = nullptr;
};

TEST(memory, of_a_gen_server_is_136_bytes_beside_its_class) {
    EXPECT_EQ(sizeof(detail::server_body<stateless>), 152U);
    EXPECT_EQ(sizeof(detail::server_body<one_pointer>), 144U + sizeof(std::optional<one_pointer>));
}

TEST(memory, of_signals_fits_the_classes_of_the_pool) {
    EXPECT_EQ(sizeof(detail::signal), 32U);
    EXPECT_LE(sizeof(monitor_signal), 48U);
    EXPECT_LE(sizeof(detail::down_signal), 48U);
    EXPECT_LE(sizeof(exit_signal), 48U);
    EXPECT_LE(sizeof(detail::value_message<std::uint64_t>), 48U);  // a reply is its value
}

}  // namespace
}  // namespace coppice::process_layer
