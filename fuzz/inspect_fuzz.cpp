// SPDX-License-Identifier: Apache-2.0
// Feeds arbitrary bytes to the line buffer, the request reader and the reader of exit reasons. Every refusal
// is one line of JSON. Nothing crashes, and no output is longer than a line may be.
//
//     build/fuzz/bin/fuzz/inspect_fuzz -dict=fuzz/inspect.dict FOLDER

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/line_buffer.hpp"
#include "inspect/parameters.hpp"
#include "inspect/protocol.hpp"

namespace {

using namespace coppice::inspect;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_one_line_of_json(const std::string& line) {
    return line.size() <= line_max && line.ends_with('\n') && line.find('\n') == line.size() - 1 &&
           !json::parse(line, nullptr, false).is_discarded();
}

template <class Ask>
void may_be_refused(Ask ask) {
    try {
        (void)ask();
    } catch (const request_error& error) {
        require(is_one_line_of_json(error_line(nullptr, error.which(), error.what())));
    }
}

void use(const request& asked_for) {
    const parameters given{asked_for.params};
    may_be_refused([&] { return given.text("who"); });
    may_be_refused([&] { return given.number("limit", 1, {1, 1000}); });
    may_be_refused([&] { return given.flag("descending", false); });
    may_be_refused([&] { return given.texts("fields"); });
    require(is_one_line_of_json(answer_line(asked_for.id, given.all())));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    line_buffer lines;
    const std::size_t half = size / 2;
    for (const std::string_view part : {bytes.substr(0, half), bytes.substr(half)}) {
        lines.add(part);
        while (const auto line = lines.next()) {
            const auto read = read_request(*line);
            if (read) {
                use(*read);
            } else {
                require(is_one_line_of_json(
                    error_line(read.error().id, read.error().why, read.error().message)));
            }
        }
    }
    if (bytes.find('<') == std::string_view::npos) {
        // A pid needs a running process, whose runtime the pid belongs to.
        may_be_refused([&] { return to_string(reason_from(bytes)).size(); });
    }
    return 0;
}
