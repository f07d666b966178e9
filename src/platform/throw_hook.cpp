// SPDX-License-Identifier: Apache-2.0
// Replaces the entry point of the C++ runtime for throws, and passes each throw on. In a separate
// file, because <cxxabi.h> declares the same function differently.
//
// A program with a statically linked C++ runtime contains the entry point already, which must be
// the only strong definition: errors in such a program have no stacks.

#include <dlfcn.h>

#include "platform/throw_stack.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COPPICE_ENTRY_POINT  // the sanitizer has a weak one too, which must not be chosen
#endif
#endif
#ifndef COPPICE_ENTRY_POINT
#define COPPICE_ENTRY_POINT [[gnu::weak]]
#endif

// The symbol lies beside the entry point in the archive of the C++ runtime, so a program that links
// the archive gets both.
void beside_the_entry_point() __asm__("__cxa_init_primary_exception");
namespace {
[[gnu::used]] void (*const linked_with_it)() = &beside_the_entry_point;
}  // namespace

// Not declared [[noreturn]], so that the last call is a tail call and leaves no frame to unwind.
extern "C" COPPICE_ENTRY_POINT void __cxa_throw(void* object, void* type,
                                                void (*destructor)(void*)) {
    coppice::platform::on_throw(object, __builtin_return_address(0));
    using throw_function = void (*)(void*, void*, void (*)(void*));
    static const auto next = reinterpret_cast<throw_function>(::dlsym(RTLD_NEXT, "__cxa_throw"));
    next(object, type, destructor);
}
