# SPDX-License-Identifier: Apache-2.0
# The workloads written for CAF, where it is installed. Built only when asked for, by name or by
# `bench_programs`.

find_path(CAF_INCLUDE caf/all.hpp)
find_library(CAF_CORE caf_core)
mark_as_advanced(CAF_INCLUDE CAF_CORE)
if(NOT CAF_INCLUDE OR NOT CAF_CORE OR NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo)$")
  return()
endif()

file(GLOB caf_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/peers/caf/*.cpp)
add_executable(caf_bench EXCLUDE_FROM_ALL ${caf_sources})
coppice_compile_settings(caf_bench)
target_include_directories(caf_bench SYSTEM PRIVATE ${CAF_INCLUDE})
target_link_libraries(caf_bench PRIVATE ${CAF_CORE} Threads::Threads)
if(TARGET bench_programs)
  add_dependencies(bench_programs caf_bench)
endif()
