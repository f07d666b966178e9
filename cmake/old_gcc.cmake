# SPDX-License-Identifier: Apache-2.0
# Says once what the compiler gets wrong, in the build of coppice and in that of each project that uses it.

get_property(coppice_told GLOBAL PROPERTY COPPICE_TOLD_OF_OLD_GCC)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13 AND NOT coppice_told)
  set_property(GLOBAL PROPERTY COPPICE_TOLD_OF_OLD_GCC ON)
  message(STATUS "coppice: g++ ${CMAKE_CXX_COMPILER_VERSION} destroys some temporaries twice in expressions "
    "with co_await. Use clang 19, or see docs/guide/gcc-12.md for what to avoid.")
endif()
