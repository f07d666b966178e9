# SPDX-License-Identifier: Apache-2.0
"""Erlang's external term format, as far as scenarios and traces need it."""

import struct


def encode(value):
    """A term with its version byte. Texts become binaries, True, False and None atoms."""
    out = bytearray(b"\x83")
    _encode(value, out)
    return bytes(out)


def _encode(value, out):
    if value is None or value is True or value is False:
        name = {None: b"none", True: b"true", False: b"false"}[value]
        out += struct.pack(">BB", 119, len(name)) + name
    elif isinstance(value, int):
        out += struct.pack(">Bi", 98, value)
    elif isinstance(value, str):
        text = value.encode()
        out += struct.pack(">BI", 109, len(text)) + text
    elif isinstance(value, dict):
        out += struct.pack(">BI", 116, len(value))
        for key, each in value.items():
            _encode(key, out)
            _encode(each, out)
    elif isinstance(value, tuple):
        out += struct.pack(">BB", 104, len(value))
        for each in value:
            _encode(each, out)
    else:
        if value:
            out += struct.pack(">BI", 108, len(value))
            for each in value:
                _encode(each, out)
        out.append(106)


def decode(data):
    """The value of a term with its version byte; atoms become texts, but for true and false."""
    value, end = _decode(data, 1)
    if end != len(data):
        raise ValueError("bytes follow the term")
    return value


def _decode(data, at):
    tag = data[at]
    at += 1
    if tag == 97:
        return data[at], at + 1
    if tag == 98:
        return struct.unpack_from(">i", data, at)[0], at + 4
    if tag in (100, 118):
        size = struct.unpack_from(">H", data, at)[0]
        return _atom(data[at + 2:at + 2 + size]), at + 2 + size
    if tag in (115, 119):
        return _atom(data[at + 1:at + 1 + data[at]]), at + 1 + data[at]
    if tag == 109:
        size = struct.unpack_from(">I", data, at)[0]
        return data[at + 4:at + 4 + size].decode(), at + 4 + size
    if tag == 107:  # a list of small integers
        size = struct.unpack_from(">H", data, at)[0]
        return list(data[at + 2:at + 2 + size]), at + 2 + size
    if tag == 106:
        return [], at
    if tag == 108:
        return _decode_list(data, at)
    if tag == 104:
        return _decode_many(data, at + 1, data[at])
    if tag == 116:
        size = struct.unpack_from(">I", data, at)[0]
        flat, at = _decode_many(data, at + 4, 2 * size)
        return dict(zip(flat[::2], flat[1::2])), at
    raise ValueError(f"a term of the tag {tag}")


def _decode_list(data, at):
    size = struct.unpack_from(">I", data, at)[0]
    values, at = _decode_many(data, at + 4, size)
    if data[at] != 106:
        raise ValueError("an improper list")
    return values, at + 1


def _decode_many(data, at, count):
    values = []
    for _ in range(count):
        value, at = _decode(data, at)
        values.append(value)
    return values, at


def _atom(name):
    return {b"true": True, b"false": False}.get(name, name.decode())


def write_records(path, terms):
    """Each record is a length of 4 bytes and a term."""
    with open(path, "wb") as file:
        for term in terms:
            record = encode(term)
            file.write(struct.pack(">I", len(record)) + record)


def read_records(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        yield decode(data[at + 4:at + 4 + size])
        at += 4 + size
