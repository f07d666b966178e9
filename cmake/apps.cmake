# SPDX-License-Identifier: Apache-2.0
# The coppice command. All of it but main() is a library, so that tests can link it.

file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/coppice/*.cpp)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
if(cli_sources)
  find_package(nlohmann_json REQUIRED)
  find_path(COPPICE_LIBEDIT histedit.h)
  find_library(COPPICE_LIBEDIT_LIBRARY edit)
  set(CURSES_NEED_NCURSES TRUE)
  set(CURSES_NEED_WIDE TRUE)
  find_package(Curses)
  if(NOT TARGET coppice_inspect_client OR NOT COPPICE_LIBEDIT OR NOT COPPICE_LIBEDIT_LIBRARY OR NOT CURSES_FOUND)
    message(FATAL_ERROR "The coppice command needs coppice::inspect_client, libedit and ncurses "
      "(Debian: nlohmann-json3-dev libedit-dev libncurses-dev). COPPICE_BUILD_APPS=OFF leaves the command out.")
  endif()

  # What `coppice new` writes is in the program itself.
  set(templates_folder ${PROJECT_SOURCE_DIR}/apps/coppice/new_project/templates)
  set(templates_source ${CMAKE_CURRENT_BINARY_DIR}/new_project/templates.cpp)
  file(GLOB_RECURSE templates CONFIGURE_DEPENDS ${templates_folder}/*)
  add_custom_command(OUTPUT ${templates_source}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${templates_folder} -DOUTPUT=${templates_source}
      -P ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake
    DEPENDS ${templates} ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake VERBATIM)

  add_library(coppice_cli STATIC ${cli_sources} ${templates_source})
  coppice_compile_settings(coppice_cli)
  coppice_precompile(coppice_cli <nlohmann/json.hpp> <coppice/coppice.hpp>)
  target_include_directories(coppice_cli PUBLIC ${PROJECT_SOURCE_DIR}/apps/coppice)
  target_include_directories(coppice_cli SYSTEM PRIVATE ${COPPICE_LIBEDIT} ${CURSES_INCLUDE_DIRS})
  target_link_libraries(coppice_cli PRIVATE ${COPPICE_LIBEDIT_LIBRARY} ${CURSES_LIBRARIES})
  target_link_libraries(coppice_cli
    PUBLIC coppice_testing $<TARGET_NAME_IF_EXISTS:coppice_net>
      coppice_inspect_client $<TARGET_NAME_IF_EXISTS:coppice_dashboard> nlohmann_json::nlohmann_json)
  if(TARGET coppice_dashboard)
    target_compile_definitions(coppice_cli PRIVATE COPPICE_HAS_DASHBOARD)
  endif()
endif()

if(TARGET coppice_cli AND EXISTS ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
  # The target cannot have the library's name; the program does.
  add_executable(coppice_app ${PROJECT_SOURCE_DIR}/apps/coppice/main.cpp)
  coppice_compile_settings(coppice_app)
  set_target_properties(coppice_app PROPERTIES OUTPUT_NAME coppice)
  target_link_libraries(coppice_app PRIVATE coppice_cli)
  install(TARGETS coppice_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT coppice)
  install(FILES ${PROJECT_SOURCE_DIR}/apps/coppice/coppice.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    COMPONENT coppice)
endif()
