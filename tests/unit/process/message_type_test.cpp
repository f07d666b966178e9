// SPDX-License-Identifier: Apache-2.0
// The type of a message, also for a message made in a shared library with a type_info of its own.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <typeinfo>

#include "coppice/coppice.hpp"

namespace coppice {

struct known_to_both {
    int value;
};
struct known_to_one {
    int value;
};
struct encoded {
    int value;
};

namespace detail {
/// Stands for the class of a layer that connects nodes.
class encoder {
  public:
    int written = 0;
};
template <>
inline constexpr encode_function encoding_of<encoded> = [](const void* value, encoder& out) {
    out.written = static_cast<const encoded*>(value)->value;
    return true;
};
}  // namespace detail

namespace {

using namespace detail;

/// The name of a type at another address, as in a second library.
class other_type_info final : public std::type_info {
  public:
    explicit other_type_info(const std::string& name) : std::type_info{name.c_str()} {}
};

struct foreign_message final : message_node {
    explicit foreign_message(const message_type& type) : message_node{type} {}
};

TEST(message_type, is_the_same_by_name_when_its_addresses_differ) {
    const std::string name = typeid(known_to_both).name();
    const other_type_info info{name};
    std::atomic<std::size_t> hash{0};
    const message_type foreign{&info, &hash, nullptr, nullptr, nullptr, nullptr};
    const foreign_message message{foreign};
    for (int time = 0; time < 2; ++time) {  // the first pass computes the hashes
        EXPECT_TRUE(is_a<known_to_both>(message));
        EXPECT_FALSE(is_a<known_to_one>(message));
    }
}

TEST(message_type, differs_when_only_its_hash_is_the_same) {
    const std::string name = typeid(known_to_both).name();
    const other_type_info info{name};
    std::atomic<std::size_t> hash{typeid(known_to_one).hash_code() | 1U};
    const message_type foreign{&info, &hash, nullptr, nullptr, nullptr, nullptr};
    EXPECT_FALSE(is_a<known_to_one>(foreign_message{foreign}));
}

TEST(message_type, marks_exit_and_down_messages_by_their_roles) {
    EXPECT_EQ(value_message<exit_message>::type_of.role, message_role::exit);
    EXPECT_EQ(value_message<down_message>::type_of.role, message_role::down);
    EXPECT_EQ(value_message<known_to_both>::type_of.role, message_role::ordinary);
}

TEST(message_type, has_no_encoding_until_the_type_of_the_value_has_one) {
    EXPECT_EQ(value_message<int>::type_of.encode, nullptr);
    const encode_function encode = value_message<encoded>::type_of.encode;
    ASSERT_NE(encode, nullptr);
    encoder out;
    value_message<encoded> message{5};
    EXPECT_TRUE(encode(message.type->payload(message), out));
    EXPECT_EQ(out.written, 5);
}

TEST(a_value_in_a_reason, has_no_encoding_until_its_type_has_one) {
    EXPECT_EQ(typed_reason_value<int>{7}.encoding(), nullptr);
    const typed_reason_value<encoded> value{encoded{6}};
    const encode_function encode = value.encoding();
    ASSERT_NE(encode, nullptr);
    encoder out;
    EXPECT_TRUE(encode(value.address(), out));
    EXPECT_EQ(out.written, 6);
}

TEST(message_type, selects_the_value_of_any_message) {
    any_message message = any_message::of(known_to_both{5});
    EXPECT_TRUE(message.is<known_to_both>());
    EXPECT_FALSE(message.is<known_to_one>());
    EXPECT_EQ(message.get<known_to_one>(), nullptr);
    EXPECT_EQ(message.get<known_to_both>()->value, 5);
}

}  // namespace
}  // namespace coppice
