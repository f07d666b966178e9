# SPDX-License-Identifier: Apache-2.0
# `cpack` makes Debian packages of a build with shared libraries that was configured for the prefix /usr:
#
#     libcoppice      the shared libraries
#     libcoppice-dev  headers, links for the linker, CMake package, pkg-config files
#     coppice         the command and its man page
#
# tests/packages/run builds, installs and uses the packages. Without shared libraries there is no libcoppice, and
# without the command no package coppice.
set(COPPICE_PACKAGER "The Coppice authors <coppice@localhost>" CACHE STRING "The maintainer of the packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME coppice)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${COPPICE_PACKAGER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR})
# Before 1.0 a minor version may change anything, so a program needs the version of its build.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY =)

# coppice_package(NAME SECTION DEPENDS TEXT): the project's description is the first line of each package's description.
set(CPACK_COMPONENTS_ALL "")
function(coppice_package name section depends text)
  string(TOUPPER ${name} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${text}" PARENT_SCOPE)
  set(CPACK_COMPONENT_${upper}_DEPENDS "${depends}" PARENT_SCOPE)
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${name} PARENT_SCOPE)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name}
    RENAME copyright COMPONENT ${name})
endfunction()

set(coppice_library_package "")
if(BUILD_SHARED_LIBS)
  set(coppice_library_package libcoppice)
  coppice_package(libcoppice libs "" "The shared libraries, for programs that use Coppice.")
endif()
coppice_package(libcoppice-dev libdevel "${coppice_library_package}"
  "Headers, the CMake package and pkg-config files, and the simulator for tests.")
install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/libcoppice-dev COMPONENT libcoppice-dev)
if(TARGET coppice_app)
  coppice_package(coppice devel "${coppice_library_package}"
    "The command: writes new projects, simulates supervision trees on a virtual\nclock, and shows, inspects and controls running programs.")
endif()
include(CPack)
