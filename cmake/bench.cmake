# SPDX-License-Identifier: Apache-2.0
# One file is one question. Numbers of a build without optimisation or with sanitizers answer none.

file(GLOB bench_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cpp)
if(COPPICE_SANITIZE OR NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo)$")
  return()
endif()
find_package(benchmark REQUIRED)
foreach(source IN LISTS bench_sources)
  cmake_path(GET source STEM name)
  add_executable(${name} ${source})
  coppice_compile_settings(${name})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/bench)
  target_link_libraries(${name} PRIVATE coppice_testing benchmark::benchmark_main)
endforeach()

# What the programs below have in common.
add_library(bench_common STATIC EXCLUDE_FROM_ALL
  ${PROJECT_SOURCE_DIR}/bench/common/measure.cpp ${PROJECT_SOURCE_DIR}/bench/common/program.cpp)
coppice_compile_settings(bench_common)
target_include_directories(bench_common PUBLIC ${PROJECT_SOURCE_DIR}/bench)
target_link_libraries(bench_common PUBLIC coppice)

function(coppice_bench_program name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/${folder}/*.cpp)
  add_executable(${name} ${sources})
  coppice_compile_settings(${name})
  target_link_libraries(${name} PRIVATE bench_common)
endfunction()

# `bench_programs` is what script/bench needs: the workloads that it compares with other systems, and
# what many processes cost.
coppice_bench_program(coppice_bench workloads)
coppice_bench_program(coppice_growth growth)
coppice_bench_program(coppice_backlog backlog)
add_custom_target(bench_programs DEPENDS coppice_bench coppice_growth)

# For script/soak.
coppice_bench_program(coppice_soak soak)
