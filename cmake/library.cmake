# SPDX-License-Identifier: Apache-2.0
# One folder of src/ is one layer and one target; which may include which is src/layers.txt.

set(coppice_layers base platform time mailbox sched process behaviour registry supervise observe boot)

add_library(coppice)
add_library(coppice::coppice ALIAS coppice)
coppice_compile_settings(coppice)
target_include_directories(coppice PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(coppice PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
set_target_properties(coppice PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

foreach(layer IN LISTS coppice_layers)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.cpp)
  if(NOT sources)
    continue()  # a layer of headers
  endif()
  add_library(coppice_${layer} OBJECT ${sources})
  coppice_compile_settings(coppice_${layer})
  target_include_directories(coppice_${layer} PRIVATE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(coppice_${layer} PRIVATE Threads::Threads)
  target_sources(coppice PRIVATE $<TARGET_OBJECTS:coppice_${layer}>)
endforeach()

# g++ brings libbacktrace along, which finds the file and line of an address. Without it crash reports
# name functions only. Asked of the compiler, because the folder carries g++'s version; clang finds it
# by the same question. It is linked by its bare name so that the installed package stays movable.
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libbacktrace.a
  OUTPUT_VARIABLE backtrace_library OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
cmake_path(GET backtrace_library PARENT_PATH backtrace_folder)
set(coppice_backtrace OFF)
if(EXISTS ${backtrace_folder}/include/backtrace.h AND TARGET coppice_platform)
  set(coppice_backtrace ON)
  # A copy, so that clang does not get the rest of g++'s own headers.
  foreach(header backtrace.h backtrace-supported.h)
    configure_file(${backtrace_folder}/include/${header}
      ${CMAKE_CURRENT_BINARY_DIR}/backtrace/${header} COPYONLY)
  endforeach()
  target_compile_definitions(coppice_platform PRIVATE COPPICE_HAS_LIBBACKTRACE)
  target_include_directories(coppice_platform SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/backtrace)
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
set_target_properties(coppice_testing PROPERTIES EXPORT_NAME testing
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

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
    set_target_properties(coppice_net PROPERTIES EXPORT_NAME net
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  endif()
endif()
