// SPDX-License-Identifier: Apache-2.0
// The table of the messages that a server's class takes as text. The table is built at compile time from the
// lists in the class, so a server pays nothing for it.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/detail/server_dispatch.hpp"
#include "coppice/detail/text_messages.hpp"
#include "coppice/read.hpp"

namespace coppice::detail {

template <class T>
concept lists_console_messages = requires { typename T::console_messages; };

/// Whether a type in `info_messages` can be sent as text: any aggregate class but the runtime's own messages.
template <class M>
inline constexpr bool is_plain_aggregate =
    std::is_class_v<M> && std::is_aggregate_v<M> && !std::is_same_v<M, exit_message> &&
    !std::is_same_v<M, down_message> && !std::is_same_v<M, timeout_message> &&
    !std::is_same_v<M, timeout>;

template <class Done>
constexpr auto plain_aggregates(messages<>, Done done) {
    return done;
}
template <class M, class... Ms, class... Done>
constexpr auto plain_aggregates(messages<M, Ms...>, messages<Done...>) {
    if constexpr (is_plain_aggregate<M>) {
        return plain_aggregates(messages<Ms...>{}, messages<Done..., M>{});
    } else {
        return plain_aggregates(messages<Ms...>{}, messages<Done...>{});
    }
}

template <class T>
constexpr auto messages_by_text() {
    if constexpr (lists_console_messages<T>) {
        return typename T::console_messages{};
    } else if constexpr (lists_info_messages<T>) {
        return plain_aggregates(typename T::info_messages{}, messages<>{});
    } else {
        return messages<>{};
    }
}

template <class M>
inline constexpr bool has_fields =
    std::is_class_v<M> && !has_from_string<M> && can_be_looked_into<M>();

/// The message that the texts describe. If the texts are wrong: nothing, and the reason in `why`.
template <class M>
std::optional<M> message_of(std::span<const std::string> texts, read_error& why) {
    M out{};
    const auto help = &words_of<M>;
    text_reader none{{}};
    if constexpr (!has_fields<M>) {
        text_reader from{texts.empty() ? std::string_view{} : std::string_view{texts[0]}};
        const bool is_one = texts.size() <= 1 || from.refuse(help, "more than one text");
        if (is_one && from.fits(help) && read_value(from, out) && from.ends(help)) {
            return out;
        }
        why = from.take_error();
    } else if constexpr (std::is_empty_v<M>) {
        if (texts.empty()) {
            return out;
        }
        none.refuse_text(help, texts[0]);
        why = none.take_error();
    } else {
        field_reader<M> fields{out};
        for (const std::string& each : texts) {
            text_reader from{each};
            if (!from.fits(help) || !fields.read_next(from)) {
                why = from.take_error();
                return std::nullopt;
            }
        }
        if (fields.finish(none)) {
            return out;
        }
        why = none.take_error();
    }
    return std::nullopt;
}

template <class M, class... Ms>
constexpr bool is_one_of(messages<Ms...> /*all*/) {
    return (std::is_same_v<M, Ms> || ...);
}

/// Builds the same node as `send`, if a plain message of the type reaches the handler. Otherwise builds the
/// node of `server<T>::info`.
template <class T, class M>
owned_message info_of(M&& m) {
    if constexpr (is_one_of<M>(plain_messages<T>())) {
        return owned_message{make_message(std::move(m))};
    } else {
        return owned_message{new info_message<T, M>(std::move(m))};
    }
}

template <class T, class M>
owned_message make_by_text(message_way way, std::span<const std::string> texts, read_error& why) {
    std::optional<M> m = message_of<M>(texts, why);
    if (!m) {
        return {};
    }
    if constexpr (handles_call<T, M>) {
        if (way == message_way::call) {
            return owned_message{new call_message<T, M>(std::move(*m))};
        }
    }
    if constexpr (handles_cast<T, M>) {
        if (way == message_way::cast) {
            return owned_message{new cast_message<T, M>(std::move(*m))};
        }
    }
    if constexpr (handles_info<T, M>) {
        if (way == message_way::info) {
            return info_of<T, M>(std::move(*m));
        }
    }
    return {};
}

template <class F>
field_description describe_field(std::string_view name, const F* standard) {
    field_description out;
    out.name = name;
    if constexpr (is_readable<F>()) {
        type_words words = words_of<F>();
        out.type = std::move(words.type);
        out.example = std::move(words.example);
        if (standard != nullptr && may_be_left_out(*standard)) {
            out.otherwise = show(*standard);
        }
    } else {
        out.type = short_type_name(typeid(F));
    }
    return out;
}

template <class M, class... Fields, std::size_t... I>
std::vector<field_description> describe_fields(field_list<Fields...> /*types*/,
                                               std::index_sequence<I...> /*all*/) {
    std::vector<field_description> out;
    if constexpr (is_readable<M>()) {
        const M standard{};
        visit_fields<sizeof...(I)>(standard, [&](const auto&... field) {
            (out.push_back(describe_field(field_name<M, I>(), &field)), ...);
        });
    } else {
        (out.push_back(describe_field<std::remove_cvref_t<Fields>>(field_name<M, I>(), nullptr)),
         ...);
    }
    return out;
}
template <class M>
std::vector<field_description> fields_by_text() {
    if constexpr (!has_fields<M>) {
        return {describe_field<M>("value", nullptr)};
    } else if constexpr (std::is_empty_v<M>) {
        return {};
    } else {
        return describe_fields<M>(fields_t<M>{},
                                  std::make_index_sequence<initialiser_count<M>()>{});
    }
}

template <class T, class M>
constexpr text_message describe_message() {
    constexpr bool listed = lists_console_messages<T>;
    constexpr bool has_handler = handles_call<T, M> || handles_cast<T, M> || handles_info<T, M>;
    static_assert(has_handler,
                  "console_messages lists a message that this server has no handler for");
    text_message out{&typeid(M),
                     listed && handles_call<T, M>,
                     listed && handles_cast<T, M>,
                     handles_info<T, M>,
                     &fields_by_text<M>,
                     nullptr,
                     nullptr};
    if constexpr (is_readable<M>() && has_handler) {
        out.make = &make_by_text<T, M>;
    } else {
        out.unreadable = &unreadable_part<M>;
    }
    return out;
}

template <class T, class... Ms>
constexpr std::array<text_message, sizeof...(Ms)> make_table(messages<Ms...> /*listed*/) {
    return {describe_message<T, Ms>()...};
}
template <class T>
inline constexpr auto message_table = make_table<T>(messages_by_text<T>());

template <class T>
std::span<const text_message> text_messages_of() noexcept {
    return message_table<T>;
}

}  // namespace coppice::detail
