# SPDX-License-Identifier: Apache-2.0
# One folder of src/ is one layer; which may include which is src/layers.txt.

# A send, a call and a turn run through all of these. Compiled together they are inlined into one another,
# and the library needs no optimisation across files where it is linked: it is ordinary object code.
set(coppice_hot_layers base platform time mailbox sched process behaviour)
set(coppice_other_layers registry supervise observe boot)
option(COPPICE_ONE_UNIT "Compile the hot layers as one translation unit" ON)

add_library(coppice)
add_library(coppice::coppice ALIAS coppice)
coppice_compile_settings(coppice)
target_include_directories(coppice
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(coppice PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
coppice_library_settings(coppice)
set_target_properties(coppice PROPERTIES UNITY_BUILD ${COPPICE_ONE_UNIT} UNITY_BUILD_BATCH_SIZE 0)
if(COPPICE_ONE_UNIT AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # It takes the included sources for headers, in which an anonymous namespace would be a mistake.
  target_compile_options(coppice PRIVATE -Wno-subobject-linkage)
endif()

foreach(layer IN LISTS coppice_hot_layers)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.cpp)
  target_sources(coppice PRIVATE ${sources})
endforeach()
foreach(layer IN LISTS coppice_other_layers)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.cpp)
  target_sources(coppice PRIVATE ${sources})
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
# What looks at stacks is cold, and the hook of throws has to be an object of its own.
foreach(source throw_hook throw_stack stack_sample)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/platform/${source}.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()

# g++ brings libbacktrace along, which finds the file and line of an address. Without it crash reports
# name functions only. Asked of the compiler, because the folder carries g++'s version; clang finds it
# by the same question. It is linked by its bare name so that the installed package stays movable.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libbacktrace.a
  OUTPUT_VARIABLE backtrace_library OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
cmake_path(GET backtrace_library PARENT_PATH backtrace_folder)
set(coppice_backtrace OFF)
if(EXISTS ${backtrace_folder}/include/backtrace.h)
  set(coppice_backtrace ON)
  # A copy, so that clang does not get the rest of g++'s own headers.
  foreach(header backtrace.h backtrace-supported.h)
    configure_file(${backtrace_folder}/include/${header}
      ${CMAKE_CURRENT_BINARY_DIR}/backtrace/${header} COPYONLY)
  endforeach()
  target_compile_definitions(coppice PRIVATE COPPICE_HAS_LIBBACKTRACE)
  target_include_directories(coppice SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/backtrace)
  target_link_libraries(coppice PRIVATE backtrace)
endif()

# The test kit. Users link it too; only its sources may look into src/.
file(GLOB testing_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/testing/*.cpp)
add_library(coppice_testing ${testing_sources})
add_library(coppice::testing ALIAS coppice_testing)
coppice_compile_settings(coppice_testing)
target_include_directories(coppice_testing
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/testing/include>
         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(coppice_testing PUBLIC coppice)
coppice_library_settings(coppice_testing EXPORT_NAME testing)

if(COPPICE_BUILD_NET)
  find_path(COPPICE_ASIO asio.hpp)
  file(GLOB net_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/net/*.cpp)
  if(NOT COPPICE_ASIO)
    message(STATUS "coppice::net is left out: asio.hpp was not found (Debian: libasio-dev)")
  elseif(net_sources)
    add_library(coppice_net ${net_sources})
    add_library(coppice::net ALIAS coppice_net)
    coppice_compile_settings(coppice_net)
    target_compile_definitions(coppice_net PRIVATE ASIO_STANDALONE ASIO_NO_DEPRECATED)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND COPPICE_SANITIZE STREQUAL "thread")
      # Asio uses fences, which g++ cannot show to ThreadSanitizer; it says so where warnings are errors.
      target_compile_options(coppice_net PRIVATE -Wno-tsan)
    endif()
    target_include_directories(coppice_net PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(coppice_net SYSTEM PRIVATE ${COPPICE_ASIO})
    target_link_libraries(coppice_net PUBLIC coppice)
    coppice_library_settings(coppice_net EXPORT_NAME net)
  endif()
endif()
