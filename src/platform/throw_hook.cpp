// SPDX-License-Identifier: Apache-2.0
// Takes the place of the C++ runtime's entry point for throws in this program and hands over to it.
// In a file of its own, because <cxxabi.h> declares the same function in other words.
//
// A program that has the C++ runtime in itself has its own entry point, which must be the only strong
// one: there errors have no stacks.

#include <dlfcn.h>

#include "platform/throw_stack.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COPPICE_ENTRY_POINT  // the sanitizer has a weak one as well, which must not be taken for it
#endif
#endif
#ifndef COPPICE_ENTRY_POINT
#define COPPICE_ENTRY_POINT [[gnu::weak]]
#endif

// Lies beside the entry point in the runtime's archive, so whoever links that archive gets both.
void beside_the_entry_point() __asm__("__cxa_init_primary_exception");
namespace {
[[gnu::used]] void (*const linked_with_it)() = &beside_the_entry_point;
}  // namespace

// Not said to be [[noreturn]]: so the last call is a jump, and there is no frame of ours to unwind.
extern "C" COPPICE_ENTRY_POINT void __cxa_throw(void* object, void* type,
                                                void (*destructor)(void*)) {
    coppice::platform::on_throw(object, __builtin_return_address(0));
    using throw_function = void (*)(void*, void*, void (*)(void*));
    static const auto next = reinterpret_cast<throw_function>(::dlsym(RTLD_NEXT, "__cxa_throw"));
    next(object, type, destructor);
}
