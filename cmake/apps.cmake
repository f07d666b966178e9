# SPDX-License-Identifier: Apache-2.0
# The coppice command. All of it but main() is a library, so that tests can link it.

file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/coppice/*.cpp)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
if(cli_sources)
  find_package(nlohmann_json REQUIRED)
  add_library(coppice_cli STATIC ${cli_sources})
  coppice_compile_settings(coppice_cli)
  target_include_directories(coppice_cli PUBLIC ${PROJECT_SOURCE_DIR}/apps/coppice)
  target_link_libraries(coppice_cli
    PUBLIC coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_net> nlohmann_json::nlohmann_json)
endif()

if(TARGET coppice_cli AND EXISTS ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
  # The target cannot have the library's name; the program does.
  add_executable(coppice_app ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
  coppice_compile_settings(coppice_app)
  set_target_properties(coppice_app PROPERTIES OUTPUT_NAME coppice)
  target_link_libraries(coppice_app PRIVATE coppice_cli)
  install(TARGETS coppice_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
