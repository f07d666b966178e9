# SPDX-License-Identifier: Apache-2.0
# A kind of test is a folder, a program and a ctest label. Folders that are not there are skipped.
find_package(GTest REQUIRED)
include(GoogleTest)

set(tests ${PROJECT_SOURCE_DIR}/tests)

# The recorded traces are kept packed; the tests read them unpacked.
set(coppice_test_data ${CMAKE_CURRENT_BINARY_DIR}/testdata)
file(GLOB packed_traces CONFIGURE_DEPENDS ${tests}/conformance/data/*.gz)
foreach(packed IN LISTS packed_traces)
  cmake_path(GET packed STEM LAST_ONLY name)
  if(${packed} IS_NEWER_THAN ${coppice_test_data}/${name})
    file(MAKE_DIRECTORY ${coppice_test_data})
    execute_process(COMMAND gzip -dc ${packed} OUTPUT_FILE ${coppice_test_data}/${name}
      COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()

# coppice_test_limit(OUT SECONDS): the limit of one test, which ends a test that hangs. A test under a sanitizer is up to
# 40 times slower, so its limit is five times as long.
function(coppice_test_limit out seconds)
  if(COPPICE_SANITIZE)
    math(EXPR seconds "${seconds} * 5")
  endif()
  set(${out} ${seconds} PARENT_SCOPE)
endfunction()

# coppice_test_program(NAME LABEL SECONDS PROCESSORS GLOB LIBRARY...): a library that is not built is left out. The
# limit of seconds holds for one test case.
function(coppice_test_program name label seconds processors pattern)
  coppice_test_limit(seconds ${seconds})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${pattern})
  # The folder of tests of each library that may be missing.
  foreach(pair net:net asio:asio application:program inspect:inspect inspect_client:inspect_client dashboard:dashboard)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 library)
    list(GET pair 1 folder)
    if(NOT TARGET coppice_${library})
      list(FILTER sources EXCLUDE REGEX "/unit/${folder}/")
    endif()
  endforeach()
  if(COPPICE_SANITIZE MATCHES "thread")
    # Its runtime defines operator new, as these tests do; they run on one thread.
    list(FILTER sources EXCLUDE REGEX "/unit/scarcity/")
  endif()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  coppice_compile_settings(${name})
  # The optimiser would take half of the time of the build. What the tests run is in the libraries.
  target_compile_options(${name} PRIVATE -O0)
  coppice_precompile(${name} <gtest/gtest.h> <coppice/coppice.hpp>)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${tests} ${PROJECT_SOURCE_DIR}/examples)
  target_compile_definitions(${name} PRIVATE COPPICE_TEST_DATA="${coppice_test_data}"
    COPPICE_DOCS="${PROJECT_SOURCE_DIR}/docs")
  target_link_libraries(${name} PRIVATE coppice_testing)
  foreach(library IN LISTS ARGN)
    target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:coppice_${library}>)
  endforeach()
  target_link_libraries(${name} PRIVATE GTest::gtest_main)
  # Asked for its tests when ctest runs, not while it is linked: a program that crashes on start
  # fails as a test then, and the build goes on.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${label} TIMEOUT ${seconds} PROCESSORS ${processors})
endfunction()

set(all_libraries net asio application cli inspect_client dashboard inspect chat)
coppice_test_program(unit_tests unit 120 1 ${tests}/unit/*_test.cpp ${all_libraries})
# Under the sanitizers these two need a third of the sources.
coppice_test_program(sim_tests sim 300 1 ${tests}/sim/*_sim.cpp)
coppice_test_program(stress_tests stress 300 2 ${tests}/stress/*_stress.cpp)
coppice_test_program(conformance_tests conformance 300 1 ${tests}/conformance/*_test.cpp cli)
# Runs scenarios for script/conformance, which compares Coppice with real OTP.
file(GLOB judge_sources CONFIGURE_DEPENDS ${tests}/conformance/judge/*.cpp)
if(TARGET coppice_cli)
  add_executable(conformance_judge ${judge_sources})
  coppice_compile_settings(conformance_judge)
  target_compile_options(conformance_judge PRIVATE -O0)  # as the tests above
  coppice_precompile(conformance_judge <nlohmann/json.hpp> <coppice/coppice.hpp>)
  target_include_directories(conformance_judge PRIVATE ${PROJECT_SOURCE_DIR}/src ${tests}/conformance)
  target_link_libraries(conformance_judge PRIVATE coppice_cli)
  add_test(NAME conformance.judge
    COMMAND ${tests}/conformance/judge/judge_test $<TARGET_FILE:conformance_judge>)
  coppice_test_limit(judge_seconds 600)
  # 77: Erlang or Elixir is not installed here.
  set_tests_properties(conformance.judge PROPERTIES LABELS conformance TIMEOUT ${judge_seconds} SKIP_RETURN_CODE 77)
endif()
coppice_test_program(chat_tests chat 300 2 ${tests}/chat/*_test.cpp ${all_libraries})
if(TARGET chat_tests AND TARGET chat)  # some of them start the program
  target_compile_definitions(chat_tests PRIVATE COPPICE_CHAT_PROGRAM="$<TARGET_FILE:chat>")
  add_dependencies(chat_tests chat)
endif()

# The program that browsers look at; script/web --browser-tests runs them, as not every machine has one.
if(TARGET coppice_dashboard AND TARGET coppice_application AND TARGET coppice_inspect)
  add_executable(print_shop ${tests}/browser/print_shop.cpp)
  coppice_compile_settings(print_shop)
  target_link_libraries(print_shop PRIVATE coppice_application coppice_dashboard)
endif()

if(TARGET coppice_app AND TARGET coppice_inspect AND TARGET example_12_console)  # which they talk with
  coppice_test_program(console_tests console 120 2 ${tests}/console/*_test.cpp ${all_libraries})
  target_compile_definitions(console_tests PRIVATE COPPICE_SESSIONS="${tests}/console/sessions"
    COPPICE_LESSONS_PROGRAM="$<TARGET_FILE:example_12_console>"
    COPPICE_COMMAND="$<TARGET_FILE:coppice_app>")
  add_dependencies(console_tests example_12_console coppice_app)
endif()

# What the command prints, byte for byte.
file(GLOB golden CONFIGURE_DEPENDS ${tests}/golden/*.txt)
foreach(source IN LISTS golden)
  if(NOT TARGET coppice_app)
    break()
  endif()
  cmake_path(GET source STEM name)
  add_test(NAME golden.${name}
    COMMAND ${tests}/golden/run $<TARGET_FILE:coppice_app> ${source})
  set_tests_properties(golden.${name} PROPERTIES LABELS golden TIMEOUT 60)
endforeach()

if(TARGET coppice_app AND TARGET coppice_dashboard)
  add_test(NAME golden.man_page COMMAND ${PROJECT_SOURCE_DIR}/tools/make_man $<TARGET_FILE:coppice_app>
    --check ${PROJECT_SOURCE_DIR}/apps/coppice/coppice.1)
  set_tests_properties(golden.man_page PROPERTIES LABELS golden TIMEOUT 60)
endif()

# What must not compile, and what the compiler has to say about it. Sanitizers change nothing here.
file(GLOB refused CONFIGURE_DEPENDS ${tests}/wont_compile/*.cpp)
foreach(source IN LISTS refused)
  if(COPPICE_SANITIZE)
    break()
  endif()
  cmake_path(GET source STEM name)
  add_test(NAME wont_compile.${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tools/expect_refusal ${CMAKE_CXX_COMPILER}
      ${PROJECT_SOURCE_DIR}/include ${source})
  set_tests_properties(wont_compile.${name} PROPERTIES LABELS wont_compile TIMEOUT 120)
endforeach()

# Every check has a test that shows that it can fail. 77: its tool is not installed here.
file(GLOB tool_tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/tests/*_test
  ${PROJECT_SOURCE_DIR}/bench/tests/*_test)
foreach(source IN LISTS tool_tests)
  if(COPPICE_SANITIZE)
    break()
  endif()
  cmake_path(GET source FILENAME name)
  add_test(NAME tools.${name} COMMAND ${source})
  set_tests_properties(tools.${name} PROPERTIES LABELS tools TIMEOUT 120 SKIP_RETURN_CODE 77)
endforeach()

# The only check that reads a build. An object of several layers does not show the calls between them.
if(NOT COPPICE_ONE_UNIT AND NOT COPPICE_SANITIZE)
  add_test(NAME tools.check_links
    COMMAND ${PROJECT_SOURCE_DIR}/tools/check_links ${CMAKE_BINARY_DIR})
  set_tests_properties(tools.check_links PROPERTIES LABELS tools TIMEOUT 120)
endif()
