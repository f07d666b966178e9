# SPDX-License-Identifier: Apache-2.0
# Writes a source file that holds the files of FOLDER, byte by byte. Run as a script:
# cmake -DFOLDER=… -DOUTPUT=… -P embed_assets.cmake

set(source "// Made by cmake/embed_assets.cmake.\n#include \"dashboard/assets.hpp\"\n\n#include <array>\n\n")
string(APPEND source "namespace coppice::dashboard {\nnamespace {\n\n")
set(table "")
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
list(LENGTH files count)
set(number 0)
foreach(name IN LISTS files)
  # As numbers: text would have to be escaped, and a literal may be no longer than compilers promise.
  file(READ ${FOLDER}/${name} digits HEX)
  string(LENGTH "${digits}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
  string(APPEND source "const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND table "    asset{\"${name}\", text(file_${number}, ${size})},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND source "\nstd::string_view text(const unsigned char* bytes, std::size_t size) {\n"
  "    return {reinterpret_cast<const char*>(bytes), size};\n}\n\n}  // namespace\n\n"
  "std::span<const asset> assets() {\n    static const std::array<asset, ${count}> all{\n${table}    };\n"
  "    return all;\n}\n\n}  // namespace coppice::dashboard\n")
file(WRITE ${OUTPUT} "${source}")
