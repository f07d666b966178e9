// SPDX-License-Identifier: Apache-2.0
// The files of a new project, compiled in from the folder new_project/templates/. In paths and in text @app@
// stands for the application, @project@ for the project and @version@ for the version of Coppice.

#pragma once

#include <span>
#include <string_view>

namespace coppice::cli {

struct file_template {
    /// Relative to the project; a path that begins with script/ becomes executable.
    std::string_view path;
    std::string_view text;
};

/// For every project.
std::span<const file_template> common_templates();
/// A gen_server and a program that calls the server.
std::span<const file_template> plain_templates();
/// An application: a supervisor and a worker.
std::span<const file_template> supervised_templates();

}  // namespace coppice::cli
