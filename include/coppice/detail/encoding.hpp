// SPDX-License-Identifier: Apache-2.0
// The place of an encoding: how a value of a user's type leaves this OS process. Messages and reasons for
// another node need an encoding. No type has an encoding today.

#pragma once

namespace coppice::detail {

/// Appends terms in the format of a connection. Defined by the layer that connects nodes.
class encoder;

/// Encodes a value. False if the format cannot express the value.
using encode_function = bool (*)(const void* value, encoder& out);

/// The encoding of the type. Null: values of the type stay within this OS process.
template <class T>
inline constexpr encode_function encoding_of = nullptr;

}  // namespace coppice::detail
