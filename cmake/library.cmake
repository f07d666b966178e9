# SPDX-License-Identifier: Apache-2.0
# One folder of src/ is one layer and one target; which may include which is src/layers.txt.

set(COPPICE_LAYERS base platform time mailbox sched process behaviour supervise observe boot)

add_library(coppice)
add_library(coppice::coppice ALIAS coppice)
coppice_compile_settings(coppice)
target_include_directories(coppice PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(coppice PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
set_target_properties(coppice PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

foreach(layer IN LISTS COPPICE_LAYERS)
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
# name functions only.
find_library(COPPICE_LIBBACKTRACE backtrace PATHS /usr/lib/gcc/${CMAKE_LIBRARY_ARCHITECTURE}/12)
if(COPPICE_LIBBACKTRACE)
  get_filename_component(backtrace_folder ${COPPICE_LIBBACKTRACE} DIRECTORY)
  if(EXISTS ${backtrace_folder}/include/backtrace.h)
    # A copy, so that clang does not get the rest of g++'s own headers.
    configure_file(${backtrace_folder}/include/backtrace.h
      ${CMAKE_CURRENT_BINARY_DIR}/backtrace/backtrace.h COPYONLY)
    configure_file(${backtrace_folder}/include/backtrace-supported.h
      ${CMAKE_CURRENT_BINARY_DIR}/backtrace/backtrace-supported.h COPYONLY)
    target_compile_definitions(coppice_platform PRIVATE COPPICE_HAS_LIBBACKTRACE)
    target_include_directories(coppice_platform SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/backtrace)
    target_link_libraries(coppice PRIVATE ${COPPICE_LIBBACKTRACE})
  endif()
endif()

add_library(coppice_testing)
add_library(coppice::testing ALIAS coppice_testing)
coppice_compile_settings(coppice_testing)
file(GLOB testing_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/testing/*.cpp)
target_sources(coppice_testing PRIVATE ${testing_sources})
target_include_directories(coppice_testing
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/testing/include>
         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(coppice_testing PUBLIC coppice)
set_target_properties(coppice_testing PROPERTIES EXPORT_NAME testing)

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
    target_include_directories(coppice_net PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(coppice_net SYSTEM PRIVATE ${COPPICE_ASIO})
    target_link_libraries(coppice_net PUBLIC coppice)
    set_target_properties(coppice_net PROPERTIES EXPORT_NAME net)
  endif()
endif()
