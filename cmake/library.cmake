# SPDX-License-Identifier: Apache-2.0
# One folder of src/ is one layer; which may include which is src/layers.txt.

# A send, a call and a turn run through all of these. Compiled together they are inlined into one another,
# and the library needs no optimisation across files where it is linked: it is ordinary object code.
set(coppice_hot_layers base platform time mailbox sched process behaviour)
set(coppice_other_layers telemetry registry supervise observe application boot)
option(COPPICE_ONE_UNIT "Compile the hot layers as one translation unit" ON)

add_library(coppice)
add_library(coppice::coppice ALIAS coppice)
coppice_compile_settings(coppice)
coppice_precompile(coppice <coppice/coppice.hpp>)
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
# What looks at stacks is cold, and the hook of throws has to be an object of its own, that knows of no header
# which declares what it defines.
foreach(source throw_hook throw_stack stack_sample)
  set_source_files_properties(${PROJECT_SOURCE_DIR}/src/platform/${source}.cpp
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
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
coppice_precompile(coppice_testing <coppice/coppice.hpp>)
target_include_directories(coppice_testing
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/testing/include>
         $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
  PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(coppice_testing PUBLIC coppice)
coppice_library_settings(coppice_testing EXPORT_NAME testing)

if(COPPICE_BUILD_APPLICATION)
  find_path(COPPICE_TOMLPLUSPLUS toml++/toml.h)
  find_path(COPPICE_CLI11 CLI/CLI.hpp)
  if(NOT COPPICE_TOMLPLUSPLUS OR NOT COPPICE_CLI11)
    message(STATUS "coppice::application is left out: toml++/toml.h or CLI/CLI.hpp was not found "
      "(Debian: libtomlplusplus-dev libcli11-dev)")
  else()
    file(GLOB program_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/program/*.cpp)
    add_library(coppice_application ${program_sources})
    add_library(coppice::application ALIAS coppice_application)
    coppice_compile_settings(coppice_application)
    coppice_precompile(coppice_application <coppice/coppice.hpp>)
    target_compile_definitions(coppice_application PRIVATE TOML_HEADER_ONLY=1)
    target_include_directories(coppice_application PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(coppice_application SYSTEM PRIVATE
      ${COPPICE_TOMLPLUSPLUS} ${COPPICE_CLI11})
    target_link_libraries(coppice_application PUBLIC coppice)
    coppice_library_settings(coppice_application EXPORT_NAME application)
  endif()
endif()

if(COPPICE_BUILD_NET)
  find_path(COPPICE_ASIO asio.hpp)
  file(GLOB net_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/net/*.cpp)
  if(NOT COPPICE_ASIO)
    message(STATUS "coppice::net is left out: asio.hpp was not found (Debian: libasio-dev)")
  elseif(net_sources)
    add_library(coppice_net ${net_sources})
    add_library(coppice::net ALIAS coppice_net)
    coppice_compile_settings(coppice_net)
    coppice_precompile(coppice_net <coppice/coppice.hpp>)
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

# coppice::asio has no sources: asio_await.hpp, the flags, and the path of Asio, which the program has too.
if(COPPICE_BUILD_NET AND COPPICE_ASIO)
  add_library(coppice_asio INTERFACE)
  add_library(coppice::asio ALIAS coppice_asio)
  target_compile_definitions(coppice_asio INTERFACE ASIO_STANDALONE)
  target_include_directories(coppice_asio SYSTEM INTERFACE $<BUILD_INTERFACE:${COPPICE_ASIO}>)
  target_link_libraries(coppice_asio INTERFACE coppice)
  set_target_properties(coppice_asio PROPERTIES EXPORT_NAME asio)
endif()

if(COPPICE_BUILD_INSPECT)
  find_path(COPPICE_NLOHMANN_JSON nlohmann/json.hpp)
  if(NOT COPPICE_NLOHMANN_JSON)
    message(STATUS "coppice::inspect_client is left out: nlohmann/json.hpp was not found "
      "(Debian: nlohmann-json3-dev)")
  else()
    file(GLOB inspect_client_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/inspect_client/*.cpp)
    add_library(coppice_inspect_client ${inspect_client_sources})
    add_library(coppice::inspect_client ALIAS coppice_inspect_client)
    coppice_compile_settings(coppice_inspect_client)
    coppice_precompile(coppice_inspect_client <nlohmann/json.hpp>)
    target_include_directories(coppice_inspect_client
      PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
      PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(coppice_inspect_client SYSTEM PRIVATE ${COPPICE_NLOHMANN_JSON})
    target_link_libraries(coppice_inspect_client PUBLIC Threads::Threads)
    coppice_library_settings(coppice_inspect_client EXPORT_NAME inspect_client)
  endif()
endif()

if(COPPICE_BUILD_INSPECT AND TARGET coppice_net AND TARGET coppice_inspect_client)
  file(GLOB inspect_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/inspect/*.cpp)
  add_library(coppice_inspect ${inspect_sources})
  add_library(coppice::inspect ALIAS coppice_inspect)
  coppice_compile_settings(coppice_inspect)
  coppice_precompile(coppice_inspect <nlohmann/json.hpp> <coppice/coppice.hpp>)
  target_include_directories(coppice_inspect PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(coppice_inspect SYSTEM PRIVATE ${COPPICE_NLOHMANN_JSON})
  target_link_libraries(coppice_inspect PUBLIC coppice_net PRIVATE coppice_inspect_client)
  coppice_library_settings(coppice_inspect EXPORT_NAME inspect)
  if(TARGET coppice_application)  # a program out of an application has an endpoint
    target_compile_definitions(coppice_application PRIVATE COPPICE_HAS_INSPECT)
    target_link_libraries(coppice_application PRIVATE coppice_inspect)
  endif()
endif()

if(COPPICE_BUILD_DASHBOARD AND TARGET coppice_inspect_client)
  find_path(COPPICE_HTTPLIB httplib.h)
  if(NOT COPPICE_HTTPLIB)
    message(STATUS "coppice::dashboard is left out: httplib.h was not found (Debian: libcpp-httplib-dev)")
  else()
    # The page is in the library itself.
    set(assets_folder ${PROJECT_SOURCE_DIR}/src/dashboard/assets)
    set(assets_source ${CMAKE_CURRENT_BINARY_DIR}/dashboard/assets_bytes.cpp)
    file(GLOB assets CONFIGURE_DEPENDS ${assets_folder}/*)
    add_custom_command(OUTPUT ${assets_source}
      COMMAND ${CMAKE_COMMAND} -DFOLDER=${assets_folder} -DOUTPUT=${assets_source}
        -P ${PROJECT_SOURCE_DIR}/cmake/embed_assets.cmake
      DEPENDS ${assets} ${PROJECT_SOURCE_DIR}/cmake/embed_assets.cmake VERBATIM)

    file(GLOB dashboard_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/dashboard/*.cpp)
    add_library(coppice_dashboard ${dashboard_sources} ${assets_source})
    add_library(coppice::dashboard ALIAS coppice_dashboard)
    coppice_compile_settings(coppice_dashboard)
    coppice_precompile(coppice_dashboard <nlohmann/json.hpp> <coppice/coppice.hpp>)
    target_include_directories(coppice_dashboard PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_include_directories(coppice_dashboard SYSTEM PRIVATE
      ${COPPICE_HTTPLIB} ${COPPICE_NLOHMANN_JSON})
    # Debian's is compiled, and its classes have members for what it was compiled with; elsewhere it is
    # a header that is compiled here.
    find_library(COPPICE_HTTPLIB_COMPILED cpp-httplib)
    if(COPPICE_HTTPLIB_COMPILED)
      target_compile_definitions(coppice_dashboard PRIVATE CPPHTTPLIB_OPENSSL_SUPPORT
        CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
      target_link_libraries(coppice_dashboard PRIVATE cpp-httplib)
    endif()
    target_link_libraries(coppice_dashboard PUBLIC coppice PRIVATE coppice_inspect_client)
    coppice_library_settings(coppice_dashboard EXPORT_NAME dashboard)
  endif()
endif()
