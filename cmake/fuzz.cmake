# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets; they need clang and are built with -DCOPPICE_SANITIZE=fuzzer-no-link,address,undefined.
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source IN LISTS fuzz_sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  coppice_compile_settings(${name})
  target_link_libraries(${name} PRIVATE coppice_cli)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
