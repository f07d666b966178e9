// SPDX-License-Identifier: Apache-2.0
// Messages for the processes of one class. The sender knows the types of the message and of the class.

#pragma once

#include <string>
#include <typeinfo>
#include <utility>

#include "coppice/message.hpp"

#pragma GCC visibility push(default)

namespace coppice::detail {

/// A message for bodies of the class Body. The sender adds `serve`, the function that calls the handler.
template <class Body>
struct request : message_node {
    using message_node::message_node;
    virtual ~request() = default;
    virtual void serve(Body& to) = 0;
    virtual std::string describe() const = 0;
    virtual std::string show() const = 0;
    virtual void* payload() noexcept = 0;
    virtual const std::type_info* described_by() const noexcept = 0;
    virtual const std::type_info* carried() const noexcept = 0;

    static void destroy_node(message_node* node) noexcept { delete static_cast<request*>(node); }
    static std::string describe_node(const message_node& node) {
        return static_cast<const request&>(node).describe();
    }
    static std::string show_node(const message_node& node) {
        return static_cast<const request&>(node).show();
    }
    static void* payload_of(message_node& node) noexcept {
        return static_cast<request&>(node).payload();
    }
    static const std::type_info* described_by_of(const message_node& node) noexcept {
        return static_cast<const request&>(node).described_by();
    }
    static const std::type_info* carried_of(const message_node& node) noexcept {
        return static_cast<const request&>(node).carried();
    }
    static constexpr message_type type_of{&typeid(request),     &type_hash<request>, &destroy_node,
                                          &describe_node,       &show_node,          &payload_of,
                                          &described_by_of,     &carried_of,         &carried_of,
                                          message_role::request};
};

/// A request with one value. The handler may take the value.
template <class Body, class M>
struct held_request : request<Body>, pooled {
    template <class V>
    explicit held_request(V&& v)
        : request<Body>{request<Body>::type_of}, value{std::forward<V>(v)} {}
    std::string describe() const override { return describe_value(value); }
    std::string show() const override { return coppice::show(value); }
    void* payload() noexcept override { return &value; }
    const std::type_info* described_by() const noexcept override {
        return detail::described_by<M>();
    }
    const std::type_info* carried() const noexcept override { return &typeid(M); }
    M value;
};

}  // namespace coppice::detail

#pragma GCC visibility pop
