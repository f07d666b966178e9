// SPDX-License-Identifier: Apache-2.0

#include "coppice/events.hpp"

#include <fstream>
#include <ostream>
#include <utility>

#include "observe/event_line.hpp"
#include "observe/event_log.hpp"
#include "observe/looking.hpp"
#include "process/caller.hpp"

namespace coppice {
namespace observe {

events::page recent_of(detail::runtime_core& world, std::uint64_t since, std::size_t limit) {
    return world.extended().get<event_log>().read(world, since, limit);
}

void write_all(detail::runtime_core& world, std::ostream& out) {
    const events::page all = recent_of(world, 0, SIZE_MAX);
    for (const events::item& each : all.items) {
        out << to_string(each) << '\n';
    }
}

bool write_all(detail::runtime_core& world, const std::string& path) {
    std::ofstream file{path};
    write_all(world, file);
    file.flush();
    return static_cast<bool>(file);
}

}  // namespace observe

namespace events {

std::string_view to_string(kind what) noexcept {
    switch (what) {
        case kind::start:
            return "start";
        case kind::exit:
            return "exit";
        case kind::restart:
            return "restart";
        case kind::give_up:
            return "give_up";
        case kind::stuck:
            return "stuck";
        case kind::report:
            return "report";
    }
    return "?";
}

std::string to_string(const item& shown) {
    return std::string{observe::event_line{
        {shown.time, shown.what, shown.process, shown.supervisor, shown.name, shown.child,
         shown.reason,
         shown.text}}.text()};
}

page recent(std::uint64_t since, std::size_t limit) {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here == nullptr ? page{} : observe::recent_of(*here, since, limit);
}

void write(std::ostream& out) {
    if (detail::runtime_core* const here = process_layer::runtime_of_caller(); here != nullptr) {
        observe::write_all(*here, out);
    }
}

bool write(const std::string& path) {
    detail::runtime_core* const here = process_layer::runtime_of_caller();
    return here != nullptr && observe::write_all(*here, path);
}

}  // namespace events
}  // namespace coppice
