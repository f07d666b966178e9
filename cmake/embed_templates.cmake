# SPDX-License-Identifier: Apache-2.0
# Writes a source file that holds the files of FOLDER/common, /plain and /sup as text. Run as a script:
# cmake -DFOLDER=… -DOUTPUT=… -P embed_templates.cmake

set(source "// Made by cmake/embed_templates.cmake.\n#include \"new_project/templates.hpp\"\n\n")
string(APPEND source "#include <array>\n\nnamespace coppice::cli {\nnamespace {\n\n")
foreach(set_name IN ITEMS common plain supervised)
  file(GLOB_RECURSE files RELATIVE ${FOLDER}/${set_name} ${FOLDER}/${set_name}/*)
  list(LENGTH files count)
  string(APPEND source "constexpr std::array<file_template, ${count}> ${set_name}{{\n")
  foreach(path IN LISTS files)
    # As CMake splits a list at semicolons and drops empty entries, a file is read as one string.
    file(READ ${FOLDER}/${set_name}/${path} text)
    # The licence is that of this folder: a project's is its author's to choose.
    string(REGEX REPLACE "[^\n]*SPDX-License-Identifier[^\n]*\n" "" text "${text}")
    string(REGEX REPLACE "\\.in$" "" target "${path}")
    # A file that begins with a dot would mean something to the tools that work on this folder.
    string(REGEX REPLACE "(^|/)dot_" "\\1." target "${target}")
    string(APPEND source "    {\"${target}\", R\"~text~(${text})~text~\"},\n")
  endforeach()
  string(APPEND source "}};\n\n")
endforeach()
string(APPEND source "}  // namespace\n\n")
foreach(set_name IN ITEMS common plain supervised)
  string(APPEND source
    "std::span<const file_template> ${set_name}_templates() {\n    return ${set_name};\n}\n\n")
endforeach()
string(APPEND source "}  // namespace coppice::cli\n")
file(WRITE ${OUTPUT} "${source}")
