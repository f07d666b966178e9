# SPDX-License-Identifier: Apache-2.0
# Each file is a program. examples/expected/NAME.txt is what it prints. The programs of the docs are in folders of
# their own: learn and how_to.

file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.cpp
  ${PROJECT_SOURCE_DIR}/examples/learn/*.cpp ${PROJECT_SOURCE_DIR}/examples/how_to/*.cpp)
file(GLOB_RECURSE example_outputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/expected/*.txt)
if(NOT TARGET coppice_application)
  list(FILTER example_sources EXCLUDE REGEX "/(1[12]_|06_application)")
  list(FILTER example_outputs EXCLUDE REGEX "/(1[12]_|06_application)")
endif()
if(NOT TARGET coppice_net)
  list(FILTER example_sources EXCLUDE REGEX "/how_to/(asio|echo)")
  list(FILTER example_outputs EXCLUDE REGEX "/how_to/(asio|echo)")
endif()
find_package(spdlog QUIET)
if(NOT spdlog_FOUND)
  message(STATUS "The example of spdlog is left out: it was not found (Debian: libspdlog-dev)")
  list(FILTER example_sources EXCLUDE REGEX "_to_spdlog")
  list(FILTER example_outputs EXCLUDE REGEX "_to_spdlog")
endif()
foreach(source IN LISTS example_sources)
  cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/examples OUTPUT_VARIABLE place)
  string(REGEX REPLACE "[.]cpp$" "" place ${place})  # learn/01_process
  string(REPLACE "/" "_" name ${place})
  add_executable(example_${name} ${source})
  coppice_compile_settings(example_${name})
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/examples)
  target_link_libraries(example_${name}
    PRIVATE coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_net>
      $<TARGET_NAME_IF_EXISTS:coppice_application>)
  if(name STREQUAL how_to_asio)
    target_link_libraries(example_${name} PRIVATE coppice_asio)
  endif()
  if(name MATCHES "_to_spdlog")
    target_link_libraries(example_${name} PRIVATE spdlog::spdlog)
  endif()
  set(expected ${PROJECT_SOURCE_DIR}/examples/expected/${place}.txt)
  if(COPPICE_BUILD_TESTS AND expected IN_LIST example_outputs)
    list(REMOVE_ITEM example_outputs ${expected})
    add_test(NAME example.${name}
      COMMAND ${PROJECT_SOURCE_DIR}/tools/expect_output ${expected} $<TARGET_FILE:example_${name}>)
    set(clock simulated)
    if(place MATCHES "^how_to/(asio|block|echo)$")
      set(clock real)  # operations of Asio, the threads of the pool, and sockets
    endif()
    set_tests_properties(example.${name} PROPERTIES LABELS examples TIMEOUT 60
      ENVIRONMENT COPPICE_CLOCK=${clock})
  endif()
endforeach()
if(COPPICE_BUILD_TESTS AND example_outputs)
  message(FATAL_ERROR "No example prints this: ${example_outputs}")
endif()

file(GLOB chat_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/chat/*.cpp)
list(REMOVE_ITEM chat_sources ${PROJECT_SOURCE_DIR}/examples/chat/main.cpp)
if(TARGET coppice_net AND chat_sources)
  add_library(coppice_chat STATIC ${chat_sources})
  coppice_compile_settings(coppice_chat)
  coppice_precompile(coppice_chat <coppice/coppice.hpp>)
  target_include_directories(coppice_chat PUBLIC ${PROJECT_SOURCE_DIR}/examples)
  target_link_libraries(coppice_chat PUBLIC coppice_net)
  if(TARGET coppice_application AND TARGET coppice_dashboard AND EXISTS ${PROJECT_SOURCE_DIR}/examples/chat/main.cpp)
    add_executable(chat ${PROJECT_SOURCE_DIR}/examples/chat/main.cpp)
    coppice_compile_settings(chat)
    target_link_libraries(chat PRIVATE coppice_chat coppice_application coppice_dashboard)
  endif()
endif()
