# SPDX-License-Identifier: Apache-2.0
# `cmake --install` gives the headers, the libraries, a CMake package and a pkg-config file. The components are the
# packages of cmake/packages.cmake: a shared library is in libcoppice, the rest of the library in libcoppice-dev.
include(CMakePackageConfigHelpers)

set(coppice_installed coppice coppice_testing)
set(coppice_unbuilt_headers "")
foreach(part IN ITEMS net/net asio/asio_await application/program inspect_client/inspect_client
    inspect/inspect dashboard/dashboard)  # library/header
  cmake_path(GET part PARENT_PATH library)
  cmake_path(GET part FILENAME header)
  if(TARGET coppice_${library})
    list(APPEND coppice_installed coppice_${library})
  else()
    list(APPEND coppice_unbuilt_headers PATTERN ${header}.hpp EXCLUDE)
  endif()
endforeach()
install(TARGETS ${coppice_installed} EXPORT coppiceTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libcoppice-dev
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libcoppice NAMELINK_COMPONENT libcoppice-dev)
install(DIRECTORY include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libcoppice-dev
  ${coppice_unbuilt_headers})
install(DIRECTORY testing/include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libcoppice-dev)

set(coppice_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/coppice)
install(EXPORT coppiceTargets NAMESPACE coppice:: DESTINATION ${coppice_package_folder}
  COMPONENT libcoppice-dev)
configure_package_config_file(cmake/coppiceConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfig.cmake INSTALL_DESTINATION ${coppice_package_folder})
# Before 1.0 a minor version may change anything.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/coppiceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES cmake/old_gcc.cmake ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfigVersion.cmake DESTINATION ${coppice_package_folder}
  COMPONENT libcoppice-dev)

# The prefix is found from the file's own place, so that the installed tree can be moved. The library's
# folder may be one level deep or two (lib/x86_64-linux-gnu).
cmake_path(SET coppice_pc_folder ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${coppice_pc_folder}
  OUTPUT_VARIABLE coppice_pc_up)
set(coppice_pc_backtrace "")
if(coppice_backtrace)
  set(coppice_pc_backtrace -lbacktrace)
endif()
# coppice_install_pc(NAME DESCRIPTION REQUIRES LIBS PRIVATE_LIBS): what follows -l, without the -l.
function(coppice_install_pc name description requires private_libs)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/coppice.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT libcoppice-dev)
endfunction()
# A shared library brings along what it needs itself, and a static one does not.
set(coppice_pc_needs "-pthread ${coppice_pc_backtrace} -ldl")
coppice_install_pc(coppice "${PROJECT_DESCRIPTION}" "" "${coppice_pc_needs}")
coppice_install_pc(coppice_testing "The simulator and test kit of coppice" "coppice = ${PROJECT_VERSION}" "")
if(TARGET coppice_application)
  set(coppice_pc_inspect "")
  if(TARGET coppice_inspect)
    set(coppice_pc_inspect ", coppice_inspect = ${PROJECT_VERSION}")
  endif()
  coppice_install_pc(coppice_application "Programs out of applications of coppice"
    "coppice = ${PROJECT_VERSION}${coppice_pc_inspect}" "")
endif()
if(TARGET coppice_net)
  coppice_install_pc(coppice_net "Sockets owned by processes of coppice" "coppice = ${PROJECT_VERSION}" "")
endif()
if(TARGET coppice_inspect_client)
  coppice_install_pc(coppice_inspect_client "Asks and steers a running program of coppice" "" "-pthread")
endif()
if(TARGET coppice_inspect)
  coppice_install_pc(coppice_inspect "A socket at which a program of coppice is asked and steered"
    "coppice_net = ${PROJECT_VERSION}, coppice_inspect_client = ${PROJECT_VERSION}" "")
endif()
if(TARGET coppice_dashboard)
  set(coppice_pc_httplib "")
  if(COPPICE_HTTPLIB_COMPILED)
    set(coppice_pc_httplib -lcpp-httplib)
  endif()
  coppice_install_pc(coppice_dashboard "A page and metrics of a running program of coppice"
    "coppice = ${PROJECT_VERSION}, coppice_inspect_client = ${PROJECT_VERSION}" "${coppice_pc_httplib}")
endif()
