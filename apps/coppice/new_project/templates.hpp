// SPDX-License-Identifier: Apache-2.0
// The files of a new project, as the folder new_project/templates/ had them when this was built. In paths and in
// text @app@ stands for the application, @project@ for the project and @version@ for Coppice's version.

#pragma once

#include <span>
#include <string_view>

namespace coppice::cli {

struct file_template {
    std::string_view path;  ///< In the project; a script if it begins with script/.
    std::string_view text;
};

/// Of every project.
std::span<const file_template> common_templates();
/// A gen_server and a program that calls it.
std::span<const file_template> plain_templates();
/// An application: a supervisor and a worker.
std::span<const file_template> supervised_templates();

}  // namespace coppice::cli
