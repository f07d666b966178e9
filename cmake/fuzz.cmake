# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets in bin/fuzz. The `fuzz` preset instruments everything they link.

if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "COPPICE_FUZZ needs clang: cmake --preset fuzz")
endif()
file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source IN LISTS fuzz_sources)
  cmake_path(GET source STEM name)
  add_executable(${name} ${source})
  coppice_compile_settings(${name})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/fuzz)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_cli>)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
