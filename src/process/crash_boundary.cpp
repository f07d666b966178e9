// SPDX-License-Identifier: Apache-2.0
// The one place where an exception becomes an exit reason.

#include "process/crash_boundary.hpp"

#include <cxxabi.h>

#include "coppice/process.hpp"
#include "platform/throw_stack.hpp"

namespace coppice::detail {
namespace {

std::string current_type_name() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type == nullptr ? "foreign exception" : readable_type_name(*type);
}

exit_reason error_of(std::string what, const std::exception_ptr& error) {
    return exit_reason::error({current_type_name(), std::move(what), platform::stack_of(error)});
}

}  // namespace

exit_reason reason_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const process_exit& exit) {
        return exit.why;
    } catch (const std::exception& e) {
        return error_of(e.what(), error);
    } catch (const std::string& text) {
        return error_of(text, error);
    } catch (const char* text) {
        return error_of(text == nullptr ? "" : text, error);
    } catch (...) {
        return error_of({}, error);
    }
}

bool is_plain_exit(const std::exception_ptr& error) noexcept {
    try {
        std::rethrow_exception(error);
    } catch (const process_exit&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace coppice::detail
