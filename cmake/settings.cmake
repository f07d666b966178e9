# SPDX-License-Identifier: Apache-2.0
# How this project's own targets are compiled. Nothing here reaches a consumer.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(COPPICE_CCACHE ccache)
  if(COPPICE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${COPPICE_CCACHE})
  endif()
endif()

find_package(Threads REQUIRED)

function(coppice_compile_settings target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wconversion -Wsign-conversion -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees coroutine frames as partly uninitialised, says that a coroutine's parameters shadow
    # themselves, and follows deletes through paths that cannot be.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-shadow
      -Wno-free-nonheap-object)
  endif()
  if(COPPICE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(COPPICE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${COPPICE_SANITIZE}
      -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    target_link_options(${target} PUBLIC -fsanitize=${COPPICE_SANITIZE})
  endif()
endfunction()
