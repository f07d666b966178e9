# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets in bin/fuzz. The `fuzz` preset instruments everything they link.

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "COPPICE_FUZZ needs clang: cmake --preset fuzz")
endif()
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
if(NOT TARGET coppice_inspect)
  list(FILTER fuzz_sources EXCLUDE REGEX "/inspect_")
endif()
foreach(source IN LISTS fuzz_sources)
  cmake_path(GET source STEM name)
  add_executable(${name} ${source})
  coppice_compile_settings(${name})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/fuzz)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_cli>
    $<TARGET_NAME_IF_EXISTS:coppice_inspect>)
  if(TARGET coppice_inspect)
    target_include_directories(${name} SYSTEM PRIVATE ${COPPICE_NLOHMANN_JSON})
  endif()
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
