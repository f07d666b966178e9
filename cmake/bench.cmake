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

# The workloads that script/bench compares with other systems; `bench_programs` is what it needs.
file(GLOB workload_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/workloads/*.cpp)
add_executable(coppice_bench ${workload_sources})
coppice_compile_settings(coppice_bench)
target_link_libraries(coppice_bench PRIVATE coppice)
add_custom_target(bench_programs DEPENDS coppice_bench)
