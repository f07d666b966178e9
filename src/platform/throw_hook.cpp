// SPDX-License-Identifier: Apache-2.0
// Takes the place of the C++ runtime's entry point for throws in this program and hands over to it.
// In a file of its own, because <cxxabi.h> declares the same function in other words.

#include <dlfcn.h>

#include "platform/throw_stack.hpp"

// Not said to be [[noreturn]]: so the last call is a jump, and there is no frame of ours to unwind.
extern "C" void __cxa_throw(void* object, void* type, void (*destructor)(void*)) {
    coppice::platform::on_throw(object, __builtin_return_address(0));
    using throw_function = void (*)(void*, void*, void (*)(void*));
    static const auto next = reinterpret_cast<throw_function>(::dlsym(RTLD_NEXT, "__cxa_throw"));
    next(object, type, destructor);
}
