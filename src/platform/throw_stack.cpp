// SPDX-License-Identifier: Apache-2.0

#include "platform/throw_stack.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <typeinfo>

#include "platform/thrown.hpp"

#ifdef COPPICE_HAS_LIBBACKTRACE
#include <backtrace.h>
#endif

namespace coppice::platform {
namespace {

constexpr std::size_t depth_max = 24;

struct recorded_throw {
    std::size_t depth = 0;
    std::array<void*, depth_max> frames;
    std::size_t waiting_count = 0;
    std::array<void*, depth_max> waiting;
};

thread_local recorded_throw last_throw;

/// The first frames of a walk belong to the recorder. The number of such frames depends on the
/// optimiser, so the first relevant frame is found by address.
struct walk {
    const void* first;
    recorded_throw* into;
};

_Unwind_Reason_Code visit_frame(_Unwind_Context* context, void* argument) {
    auto& progress = *static_cast<walk*>(argument);
    recorded_throw& into = *progress.into;
    auto* address = reinterpret_cast<void*>(_Unwind_GetIP(context));
    if (address == nullptr) {
        return _URC_END_OF_STACK;
    }
    if (into.depth == 0 && address != progress.first) {
        return _URC_NO_REASON;
    }
    if (into.depth == depth_max) {
        return _URC_END_OF_STACK;
    }
    into.frames[into.depth++] = address;
    return _URC_NO_REASON;
}

[[gnu::noinline]] void record_throw(const void* object, const void* thrower) noexcept {
    throws_here.last = object;
    last_throw.depth = 0;
    last_throw.waiting_count = 0;
    walk progress{thrower, &last_throw};
    _Unwind_Backtrace(&visit_frame, &progress);
}

std::string demangled(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free};
    std::string out = status == 0 ? name.get() : symbol;
    // The resumed part of a coroutine: "name(name(…)::….Frame*) [clone .actor]" or "name(…) [clone .resume]".
    const std::size_t clone = out.find(" [clone ");
    if (clone != std::string::npos) {
        const bool is_actor = out.find(".actor", clone) != std::string::npos;
        out.resize(is_actor ? out.find('(') : clone);
    }
    return out;
}

struct loaded_module {
    std::uintptr_t address;
    std::string name;
    std::uintptr_t offset = 0;  ///< Of the address in the file of the module.
};

int visit_module(dl_phdr_info* info, std::size_t, void* argument) {
    auto& wanted = *static_cast<loaded_module*>(argument);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const auto& part = info->dlpi_phdr[i];
        const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_LOAD && wanted.address - begin < part.p_memsz) {
            const char* const base = std::strrchr(info->dlpi_name, '/');
            wanted.name = base == nullptr ? info->dlpi_name : base + 1;
            wanted.offset = wanted.address - info->dlpi_addr;
            return 1;
        }
    }
    return 0;
}

/// Module and offset, as addr2line takes the two. A module without a name is the program.
std::string place_in_module(void* address) {
    loaded_module found{reinterpret_cast<std::uintptr_t>(address), {}};
    std::array<char, 24> offset{};
    if (::dl_iterate_phdr(&visit_module, &found) == 0) {
        std::snprintf(offset.data(), offset.size(), "%p", address);
        return offset.data();
    }
    std::snprintf(offset.data(), offset.size(), "+0x%zx", static_cast<std::size_t>(found.offset));
    return (found.name.empty() ? std::string{program_invocation_short_name} : found.name) +
           offset.data();
}

std::string line_by_loader(void* address) {
    Dl_info info{};
    if (::dladdr(address, &info) == 0 || info.dli_sname == nullptr) {
        return place_in_module(address);
    }
    return demangled(info.dli_sname) + " (" + place_in_module(address) + ")";
}

#ifdef COPPICE_HAS_LIBBACKTRACE

struct found_line {
    std::string function;
    std::string place;
};

int on_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
    auto& found = *static_cast<found_line*>(data);
    if (!found.function.empty() || !found.place.empty()) {
        return 0;
    }
    found.function = function == nullptr ? "" : demangled(function);
    if (file != nullptr) {
        const char* base = std::strrchr(file, '/');
        found.place = std::string{" ("} + (base == nullptr ? file : base + 1) + ":" +
                      std::to_string(line) + ")";
    }
    return 0;
}

// The resumed part of a coroutine is in the symbol table only.
void on_symbol(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
    if (symbol != nullptr) {
        static_cast<found_line*>(data)->function = demangled(symbol);
    }
}

void on_backtrace_error(void*, const char*, int) {}

std::string line_of(void* call) {
    // Reading the debug information takes long, and the library keeps the result:
    // once per OS process.
    static backtrace_state* state =
        backtrace_create_state(nullptr, 1, &on_backtrace_error, nullptr);
    // One thread reads at a time: two threads at the first reading would both read all, and
    // ThreadSanitizer does not see how the library synchronises.
    static std::mutex reading;
    const std::scoped_lock lock{reading};
    found_line found;
    if (state != nullptr) {
        const auto address = reinterpret_cast<std::uintptr_t>(call);
        backtrace_pcinfo(state, address, &on_line, &on_backtrace_error, &found);
        if (found.function.empty()) {
            backtrace_syminfo(state, address, &on_symbol, &on_backtrace_error, &found);
        }
    }
    if (found.function.empty()) {
        found.function = line_by_loader(call);
    }
    return found.function + found.place;
}

#else

std::string line_of(void* call) {
    return line_by_loader(call);
}

#endif

bool begins_a_thread(std::string_view line) {
    static constexpr std::array<std::string_view, 8> all{
        "clone",        "clone3", "__clone",      "__clone3",
        "start_thread", "_start", "thread_start", "execute_native_thread_routine"};
    return std::ranges::find(all, line.substr(0, line.find(' '))) != all.end();
}

}  // namespace

constinit thread_local throw_watch throws_here;

void on_throw(const void* object, const void* thrower) noexcept {
    if (throws_here.is_on) {
        record_throw(object, thrower);
    }
}

std::vector<void*> stack_of(const std::exception_ptr& error) {
    const void* object = object_of(error);
    if (object == nullptr || object != throws_here.last) {
        return {};
    }
    std::vector<void*> stack;
    stack.assign(last_throw.frames.begin(),  // braces would make a list of two pointers
                 last_throw.frames.begin() + static_cast<std::ptrdiff_t>(last_throw.depth));
    return stack;
}

void add_waiting(const std::exception_ptr& error, void* function) noexcept {
    if (throws_here.is_on && object_of(error) == throws_here.last &&
        last_throw.waiting_count < last_throw.waiting.size()) {
        // Stored like a return address, which is past the call: symbolise() subtracts one.
        last_throw.waiting[last_throw.waiting_count++] = static_cast<std::byte*>(function) + 1;
    }
}

std::vector<void*> waiting_of(const std::exception_ptr& error) {
    const void* object = object_of(error);
    if (object == nullptr || object != throws_here.last) {
        return {};
    }
    std::vector<void*> waiting;
    waiting.assign(
        last_throw.waiting.begin(),  // as above
        last_throw.waiting.begin() + static_cast<std::ptrdiff_t>(last_throw.waiting_count));
    return waiting;
}

std::vector<std::string> symbolise(const std::vector<void*>& stack) {
    std::vector<std::string> lines;
    for (void* address : stack) {
        lines.push_back(line_of(static_cast<std::byte*>(address) - 1));  // from return to call
    }
    return lines;
}

std::vector<std::string> symbolise_calls(std::vector<void*> stack) {
    std::erase(stack, nullptr);
    std::vector<std::string> lines = symbolise(stack);
    std::erase_if(lines, [](const std::string& line) { return begins_a_thread(line); });
    return lines;
}

}  // namespace coppice::platform
