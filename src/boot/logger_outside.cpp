// SPDX-License-Identifier: Apache-2.0
// The functions of the logger for threads outside of the runtime.

#include <utility>

#include "boot/runtime_access.hpp"
#include "boot/runtime_impl.hpp"
#include "coppice/logger.hpp"
#include "observe/log_line.hpp"
#include "observe/log_scopes.hpp"
#include "process/runtimes.hpp"

namespace coppice::logger {
namespace {

detail::runtime_core& core_for(runtime& world, const char* what) {
    detail::runtime_impl& impl = runtime_access::impl(world);
    impl.refuse_other_threads(what);
    return *impl.core;
}

}  // namespace

void set_process_level(runtime& world, const pid& who, std::optional<report_level> level) {
    observe::set_process_level_in(core_for(world, "logger::set_process_level"), who, level);
}

void set_module_level(runtime& world, std::string_view prefix, std::optional<report_level> level) {
    observe::log_scopes::of(core_for(world, "logger::set_module_level"))
        .set_module_level(prefix, level);
}

void add_handler(runtime& world, std::string id, output to, handler_options how) {
    observe::add_handler_in(core_for(world, "logger::add_handler"), std::move(id), std::move(to),
                            how);
}

bool remove_handler(runtime& world, std::string_view id) {
    return core_for(world, "logger::remove_handler").reports()->remove_handler(id);
}

bool set_handler_level(runtime& world, std::string_view id, report_level level) {
    return core_for(world, "logger::set_handler_level").reports()->set_handler_level(id, level);
}

std::vector<handler_info> handlers(runtime& world) {
    return core_for(world, "logger::handlers").reports()->handlers();
}

thread_scope::thread_scope(runtime& world)
    : outer_{
          process_layer::exchange_node_of_thread(core_for(world, "logger::thread_scope").node())} {}

thread_scope::~thread_scope() {
    process_layer::exchange_node_of_thread(outer_);
}

}  // namespace coppice::logger
