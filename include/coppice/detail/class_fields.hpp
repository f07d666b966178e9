// SPDX-License-Identifier: Apache-2.0
// The fields of a class with constructors or private members. Standard C++ cannot reach such fields. clang
// has a builtin that hands out each field with its name. With g++ only the type of the class is shown.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "coppice/show.hpp"

namespace coppice::detail {

/// Whether the class defines how to print a value, or is an aggregate with accessible fields.
template <class T>
inline constexpr bool prints_itself =
    !std::is_class_v<T> || text_like<T> || has_to_string<T> || has_stream_operator<T> ||
    range_like<T> || tuple_like<T> || pointer_like<T> || can_be_looked_into<T>();

#if defined(__clang__)
/// Receives the calls of __builtin_dump_struct:
///
///     call                                        for
///     (format, type)                              the class
///     (" {…")  (format, …) with "}"               begin and end of the class, and of each nested class
///     (format, indent, type, name)                a field that is an aggregate; the inner fields follow
///     (format, indent, type)                      a base; likewise
///     (format, indent, type, name, value)         a field; if the field is a class, a pointer to the field
///     (format, indent, type, name, width, value)  a bit-field
///
/// The inner fields of an aggregate come without the aggregate. They are skipped, because the aggregate may
/// have a printer that hides the fields.
class field_listener {
  public:
    explicit field_listener(printer& to) : to_{to} {}

    template <class... Told>
    void operator()(const char* format, const Told&... told) {
        const std::string_view said{format};
        if (said.ends_with("}\n")) {
            --depth_;
        } else if constexpr (sizeof...(Told) == 0) {
            ++depth_;
        } else if constexpr (sizeof...(Told) > 1) {
            if (depth_ == 1 && fields_.next_item()) {
                field(said, told...);
            }
        }
    }

  private:
    void field(std::string_view /*format*/, const char* /*indent*/, const char* base) {
        to_.text(base);
    }
    void field(std::string_view /*format*/, const char* /*indent*/, const char* type,
               const char* name) {
        to_.field(name, 0);
        to_.text(type);
    }
    template <class Value>
    void field(std::string_view format, const char* /*indent*/, const char* /*type*/,
               const char* name, const Value& value) {
        to_.field(name, 0);
        if constexpr (std::is_pointer_v<Value> && requires { sizeof(*value); }) {
            if (format.ends_with("*%p\n")) {
                print(to_, *value);
                return;
            }
        }
        print_scalar_or_pointer(value);
    }
    template <class Value>
    void field(std::string_view /*format*/, const char* /*indent*/, const char* /*type*/,
               const char* name, std::size_t /*width*/, const Value& value) {
        to_.field(name, 0);
        print_scalar_or_pointer(value);
    }
    /// A pointer is not followed: the object may be gone.
    template <class Value>
    void print_scalar_or_pointer(const Value& value) {
        if constexpr (std::is_pointer_v<Value>) {
            to_.text(value == nullptr ? "null" : "pointer");
        } else {
            print(to_, value);
        }
    }

    printer& to_;
    const printer::nested fields_{to_, '{', '}'};
    int depth_ = 0;
};

template <class T>
std::string show_class(const T& value) {
    if constexpr (prints_itself<T>) {
        return show(value);
    } else {
        printer to{show_limits{}};
        to.short_type(typeid(T));
        {
            field_listener listener{to};
            __builtin_dump_struct(&value, listener);
        }
        return std::move(to).take();
    }
}
#else
template <class T>
std::string show_class(const T& value) {
    return show(value);
}
#endif

}  // namespace coppice::detail
