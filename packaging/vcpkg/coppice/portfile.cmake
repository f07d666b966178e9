# SPDX-License-Identifier: Apache-2.0
# An overlay port that builds the sources around it: vcpkg install coppice --overlay-ports=packaging/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES
    application COPPICE_BUILD_APPLICATION
    dashboard COPPICE_BUILD_DASHBOARD
    inspect COPPICE_BUILD_INSPECT
    net COPPICE_BUILD_NET
)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    ${FEATURE_OPTIONS}
    -DCOPPICE_BUILD_APPS=OFF
    -DCOPPICE_BUILD_BENCH=OFF
    -DCOPPICE_BUILD_EXAMPLES=OFF
    -DCOPPICE_BUILD_TESTS=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME coppice CONFIG_PATH lib/cmake/coppice)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
