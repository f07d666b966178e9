// SPDX-License-Identifier: Apache-2.0

#include "platform/throw_stack.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <unwind.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <typeinfo>

#include "platform/thrown.hpp"

#ifdef COPPICE_HAS_LIBBACKTRACE
#include <backtrace.h>
#endif

namespace coppice::platform {
namespace {

constexpr std::size_t depth_max = 24;

struct recorded_throw {
    const void* object = nullptr;
    std::size_t depth = 0;
    std::array<void*, depth_max> frames;
};

thread_local bool watching = false;
thread_local recorded_throw last_throw;

/// Frames above the throw are the recorder's own; how many depends on the optimiser, so the first
/// that counts is found by its address.
struct walk {
    const void* first;
    recorded_throw* into;
};

_Unwind_Reason_Code visit_frame(_Unwind_Context* context, void* argument) {
    auto& progress = *static_cast<walk*>(argument);
    recorded_throw& into = *progress.into;
    auto* address = reinterpret_cast<void*>(_Unwind_GetIP(context));
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
    last_throw.object = object;
    last_throw.depth = 0;
    walk progress{thrower, &last_throw};
    _Unwind_Backtrace(&visit_frame, &progress);
}

std::string demangled(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free};
    return status == 0 ? std::string{name.get()} : std::string{symbol};
}

std::string hexadecimal(const void* address) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%p", address);
    return text.data();
}

std::string line_by_loader(void* address) {
    Dl_info info{};
    if (::dladdr(address, &info) == 0 || info.dli_sname == nullptr) {
        return hexadecimal(address);
    }
    return demangled(info.dli_sname);
}

#ifdef COPPICE_HAS_LIBBACKTRACE

struct found_line {
    std::string text;
};

int on_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
    auto& found = *static_cast<found_line*>(data);
    if (!found.text.empty() || (function == nullptr && file == nullptr)) {
        return 0;
    }
    found.text = function == nullptr ? "?" : demangled(function);
    if (file != nullptr) {
        const char* base = std::strrchr(file, '/');
        found.text += std::string{" ("} + (base == nullptr ? file : base + 1) + ":" +
                      std::to_string(line) + ")";
    }
    return 0;
}

// The resumed part of a coroutine is in the symbol table only: "name(name(…)::….Frame*) [clone .actor]".
void on_symbol(void* data, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
    if (symbol != nullptr) {
        std::string name = demangled(symbol);
        name.resize(name.ends_with("[clone .actor]") ? name.find('(') : name.size());
        static_cast<found_line*>(data)->text = std::move(name);
    }
}

void on_backtrace_error(void*, const char*, int) {}

std::string line_of(void* address) {
    // Reading the debug information takes long and is kept by the library itself: once per OS
    // process.
    static backtrace_state* state =
        backtrace_create_state(nullptr, 1, &on_backtrace_error, nullptr);
    found_line found;
    if (state != nullptr) {
        const auto call =
            reinterpret_cast<std::uintptr_t>(address) - 1;  // the address is of the return
        backtrace_pcinfo(state, call, &on_line, &on_backtrace_error, &found);
        if (found.text.empty()) {
            backtrace_syminfo(state, call, &on_symbol, &on_backtrace_error, &found);
        }
    }
    return found.text.empty() ? line_by_loader(address) : found.text;
}

#else

std::string line_of(void* address) {
    return line_by_loader(address);
}

#endif

}  // namespace

void on_throw(const void* object, const void* thrower) noexcept {
    if (watching) {
        record_throw(object, thrower);
    }
}

void watch_throws(bool on) noexcept {
    watching = on;
    last_throw.object = nullptr;  // a later exception may lie where the remembered one was
}

std::vector<void*> stack_of(const std::exception_ptr& error) {
    const void* object = object_of(error);
    if (object == nullptr || object != last_throw.object) {
        return {};
    }
    std::vector<void*> stack;
    stack.assign(last_throw.frames.begin(),  // braces would make a list of two pointers
                 last_throw.frames.begin() + static_cast<std::ptrdiff_t>(last_throw.depth));
    return stack;
}

std::vector<std::string> symbolise(const std::vector<void*>& stack) {
    std::vector<std::string> lines;
    for (void* address : stack) {
        lines.push_back(line_of(address));
    }
    return lines;
}

}  // namespace coppice::platform
