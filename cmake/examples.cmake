# SPDX-License-Identifier: Apache-2.0
# Each file is a program. examples/expected/NAME.txt is what it prints.

file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.cpp)
file(GLOB example_outputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/expected/*.txt)
foreach(source IN LISTS example_sources)
  cmake_path(GET source STEM name)
  add_executable(example_${name} ${source})
  coppice_compile_settings(example_${name})
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/examples)
  target_link_libraries(example_${name}
    PRIVATE coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_net>)
  set(expected ${PROJECT_SOURCE_DIR}/examples/expected/${name}.txt)
  if(COPPICE_BUILD_TESTS AND expected IN_LIST example_outputs)
    list(REMOVE_ITEM example_outputs ${expected})
    add_test(NAME example.${name}
      COMMAND ${PROJECT_SOURCE_DIR}/tools/expect_output ${expected} $<TARGET_FILE:example_${name}>)
    set_tests_properties(example.${name} PROPERTIES LABELS examples TIMEOUT 60
      ENVIRONMENT COPPICE_CLOCK=simulated)
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
  target_include_directories(coppice_chat PUBLIC ${PROJECT_SOURCE_DIR}/examples)
  target_link_libraries(coppice_chat PUBLIC coppice_net)
  if(EXISTS ${PROJECT_SOURCE_DIR}/examples/chat/main.cpp)
    add_executable(chat ${PROJECT_SOURCE_DIR}/examples/chat/main.cpp)
    coppice_compile_settings(chat)
    target_link_libraries(chat PRIVATE coppice_chat)
  endif()
endif()
