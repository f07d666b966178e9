# SPDX-License-Identifier: Apache-2.0
find_package(GTest REQUIRED)
include(GoogleTest)

# The recorded traces are kept packed; the tests read them unpacked.
set(COPPICE_TEST_DATA ${CMAKE_CURRENT_BINARY_DIR}/testdata)
file(GLOB packed CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/conformance/data/*.gz)
foreach(file IN LISTS packed)
  get_filename_component(name ${file} NAME_WLE)
  if(${file} IS_NEWER_THAN ${COPPICE_TEST_DATA}/${name})
    file(MAKE_DIRECTORY ${COPPICE_TEST_DATA})
    execute_process(COMMAND gzip -dc ${file} OUTPUT_FILE ${COPPICE_TEST_DATA}/${name}
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()

function(coppice_test_program name label timeout)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARGN})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  coppice_compile_settings(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE COPPICE_TEST_DATA="${COPPICE_TEST_DATA}")
  target_link_libraries(${name} PRIVATE coppice_testing GTest::gtest_main)
  if(TARGET coppice_cli)
    target_link_libraries(${name} PRIVATE coppice_cli)
  endif()
  if(TARGET coppice_chat)
    target_link_libraries(${name} PRIVATE coppice_chat)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${label} TIMEOUT ${timeout})
endfunction()

set(tests ${PROJECT_SOURCE_DIR}/tests)
coppice_test_program(unit_tests unit 120 ${tests}/unit/*_test.cpp)
coppice_test_program(sim_tests sim 300 ${tests}/sim/*_sim.cpp)
coppice_test_program(stress_tests stress 300 ${tests}/stress/*_stress.cpp)
coppice_test_program(conformance_tests conformance 300 ${tests}/conformance/*_test.cpp)
coppice_test_program(chat_tests chat 300 ${tests}/chat/*_test.cpp)

# What must not compile, and what the compiler has to say about it.
file(GLOB refused CONFIGURE_DEPENDS ${tests}/wont_compile/*.cpp)
foreach(source IN LISTS refused)
  get_filename_component(name ${source} NAME_WE)
  add_test(NAME wont_compile.${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tools/expect_refusal ${CMAKE_CXX_COMPILER}
      ${PROJECT_SOURCE_DIR}/include ${source})
  set_tests_properties(wont_compile.${name} PROPERTIES LABELS wont_compile TIMEOUT 120)
endforeach()

# Every check has a test that shows that it can fail.
file(GLOB tool_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/tests/*_test)
foreach(source IN LISTS tool_tests)
  get_filename_component(name ${source} NAME_WE)
  add_test(NAME tools.${name} COMMAND ${source})
  set_tests_properties(tools.${name} PROPERTIES LABELS tools TIMEOUT 120)
endforeach()
