// SPDX-License-Identifier: Apache-2.0

#include "inspect/protocol.hpp"

#include <algorithm>
#include <utility>

namespace coppice::inspect {
namespace {

/// The depth of nested brackets outside of strings, computed before the line is parsed.
unsigned nesting_of(std::string_view line) {
    unsigned depth = 0;
    unsigned deepest = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (in_text) {
            i += c == '\\' ? 1 : 0;
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

std::unexpected<refused_line> refuse(json id, code why, std::string message) {
    return std::unexpected{refused_line{std::move(id), why, std::move(message)}};
}

bool is_id(const json& value) {
    return value.is_number() || value.is_null() ||
           (value.is_string() && value.get_ref<const std::string&>().size() <= id_max);
}

bool is_version_2(const json& message) {
    const auto version = message.find("jsonrpc");
    return version != message.end() && *version == "2.0";
}

std::string line_of(json message) {
    message["jsonrpc"] = "2.0";
    return to_line(message) + "\n";
}

}  // namespace

std::expected<request, refused_line> read_request(std::string_view line) {
    if (nesting_of(line) > nesting_max) {
        return refuse(nullptr, code::no_request,
                      "brackets are nested deeper than " + std::to_string(nesting_max));
    }
    json message = json::parse(line, nullptr, false);
    if (message.is_discarded()) {
        return refuse(nullptr, code::no_json, "this line is no JSON in UTF-8");
    }
    if (message.is_array()) {
        return refuse(nullptr, code::no_request, "there are no batches: send one request a line");
    }
    if (!message.is_object()) {
        return refuse(nullptr, code::no_request, "a request is an object");
    }
    request out;
    if (const auto id = message.find("id"); id == message.end()) {
        out.wants_answer = false;
    } else if (!is_id(*id)) {
        return refuse(nullptr, code::no_request,
                      "id: has to be a number, null, or a text of up to 256 bytes");
    } else {
        out.id = *id;
    }
    if (!is_version_2(message)) {
        return refuse(out.id, code::no_request, "jsonrpc: has to be \"2.0\"");
    }
    const auto method = message.find("method");
    if (method == message.end() || !method->is_string()) {
        return refuse(out.id, code::no_request, "method: has to be a text");
    }
    out.method = method->get<std::string>();
    if (const auto params = message.find("params"); params != message.end()) {
        if (!params->is_object()) {
            return refuse(out.id, code::no_request, "params: has to be an object");
        }
        out.params = std::move(*params);
    }
    return out;
}

std::string answer_line(const json& id, const json& result) {
    std::string out = line_of({{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
    if (out.size() > line_max) {
        return error_line(id, code::failed,
                          "the answer is longer than 1 MiB: ask for less, by limit or depth");
    }
    return out;
}

std::string error_line(const json& id, code why, std::string_view message) {
    const json error{{"code", std::to_underlying(why)},
                     {"message", message.substr(0, error_text_max)}};
    return line_of({{"jsonrpc", "2.0"}, {"id", id}, {"error", error}});
}

std::string notification_line(std::int64_t subscription, std::string_view topic, const json& data) {
    const json params{{"subscription", subscription}, {"topic", topic}, {"data", data}};
    return line_of({{"jsonrpc", "2.0"}, {"method", "notify"}, {"params", params}});
}

}  // namespace coppice::inspect
