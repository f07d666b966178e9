// SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes are a value or are refused, with a message that is safe for a terminal. The output of
// `show` for a value reads back as an equal value.
//
//     build/fuzz/bin/fuzz/read_fuzz -dict=fuzz/read.dict FOLDER

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "coppice/printable.hpp"
#include "coppice/read.hpp"

namespace {

enum class colour : std::uint8_t { red, green };
struct inner {
    int x = 1;
    std::optional<std::string> name;
    bool operator==(const inner&) const = default;
};
struct nest {
    std::vector<nest> in;
    bool operator==(const nest&) const = default;
};
struct all {
    inner one;
    std::vector<inner> more;
    std::map<std::string, std::uint8_t> sizes;
    std::tuple<char, bool, std::int64_t> three;
    colour shade = colour::red;
    std::chrono::milliseconds time{5};
    coppice::pid process;
    coppice::ref tag;
    bool operator==(const all&) const = default;
};

template <class T>
void check(std::string_view text) {
    using namespace coppice;
    const auto value = read<T>(text);
    if (!value) {
        const std::string error = to_string(value.error());
        if (printable(error) != error) {
            std::abort();
        }
        return;
    }
    constexpr std::size_t no_limit = std::size_t{1} << 30U;
    const std::string shown = show(*value, {.depth = 1000, .items = no_limit, .length = no_limit});
    const auto again = read<T>(shown);
    if (shown.size() <= detail::read_length_max && (!again || !(*again == *value))) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check<all>(text);
    check<nest>(text);
    check<inner>(text);
    check<std::string>(text);
    check<std::map<std::string, inner>>(text);
    check<std::chrono::nanoseconds>(text);
    check<int>(text);
    // A NaN is not equal to itself.
    check<float>(text.substr(0, text.find('n')));
    return 0;
}
