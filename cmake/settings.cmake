# SPDX-License-Identifier: Apache-2.0
# How this project's own targets are compiled. Nothing here reaches a consumer.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(COPPICE_CCACHE ccache)
  if(COPPICE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # It may keep what was compiled with a precompiled header: the tests have one, and no __TIME__ in it.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      ${COPPICE_CCACHE})
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      add_compile_options(-Xclang -fno-pch-timestamp)  # else each build has a header of its own
    endif()
  endif()
endif()

find_package(Threads REQUIRED)

set(coppice_warnings -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
  -Wsign-conversion -Wold-style-cast -Wformat=2 -Wundef
  # Designated initialisers leave members to their defaults: that is what the aggregates are for.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 takes parts of a coroutine's frame for uninitialised, and follows deletes along paths that
  # cannot be taken. It also says that a coroutine's parameters shadow their own copies, so -Wshadow
  # is clang's task.
  list(APPEND coppice_warnings -Wduplicated-cond -Wlogical-op -Wno-maybe-uninitialized
    -Wno-free-nonheap-object -Wno-restrict)
else()
  # libstdc++ 12 calls its own deprecated functions, and clang says so inside of std::stable_sort.
  list(APPEND coppice_warnings -Wshadow -Wextra-semi -Wthread-safety -Wno-deprecated-declarations)
endif()

function(coppice_compile_settings target)
  target_compile_features(${target} PUBLIC cxx_std_23)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE ${coppice_warnings})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Nobody replaces single functions of the library by preloading, so they may call each other
    # directly, and be inlined, in position independent code too. For clang that goes without saying.
    target_compile_options(${target} PRIVATE -fno-semantic-interposition)
    target_compile_definitions(${target} PRIVATE COPPICE_QUIET_ABOUT_GCC_12)  # its tests run with it
    # When it optimises across files it follows insertions into strings along impossible paths, and
    # takes a coroutine's frame for another one in each file that has it, as it numbers the members.
    target_link_options(${target} PRIVATE -Wno-stringop-overflow -Wno-odr)
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

# coppice_precompile(TARGET HEADER...): reads headers once for a target, not once for each source, which halves
# the time of a build with tests. Other builds do without, so that each source is seen to include what it needs.
function(coppice_precompile target)
  if(COPPICE_BUILD_TESTS)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# coppice_library_settings(TARGET [PROPERTY VALUE...]): for what is installed. Only what public headers declare
# is seen outside of a shared library: they say so around their declarations.
function(coppice_library_settings target)
  # Shared, one finds another beside itself, which a program's own search path does not do for it.
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    INSTALL_RPATH "$ORIGIN"
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} ${ARGN})
endfunction()
