# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

set(coppice_targets coppice coppice_testing)
if(TARGET coppice_net)
  list(APPEND coppice_targets coppice_net)
endif()
install(TARGETS ${coppice_targets} EXPORT coppiceTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY testing/include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(coppice_cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/coppice)
install(EXPORT coppiceTargets NAMESPACE coppice:: DESTINATION ${coppice_cmake_folder})
configure_package_config_file(cmake/coppiceConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfig.cmake INSTALL_DESTINATION ${coppice_cmake_folder})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/coppiceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/coppiceConfigVersion.cmake DESTINATION ${coppice_cmake_folder})

set(coppice_pc_extra "")
if(COPPICE_LIBBACKTRACE)
  set(coppice_pc_extra ${COPPICE_LIBBACKTRACE})
endif()
configure_file(cmake/coppice.pc.in ${CMAKE_CURRENT_BINARY_DIR}/coppice.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/coppice.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
