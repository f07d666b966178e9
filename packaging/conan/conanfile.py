# SPDX-License-Identifier: Apache-2.0
# A recipe for Conan 2 that builds the sources around it: conan create packaging/conan --build=missing
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

LIBRARIES = {
    # component: (its option, the components below, the requirements below)
    "coppice": (None, [], []),
    "testing": (None, ["coppice"], []),
    "application": ("with_application", ["coppice"], ["tomlplusplus::tomlplusplus", "cli11::cli11"]),
    "net": ("with_net", ["coppice"], ["asio::asio"]),
    "asio": ("with_net", ["coppice"], ["asio::asio"]),
    "inspect_client": ("with_inspect", [], ["nlohmann_json::nlohmann_json"]),
    "inspect": ("with_inspect", ["net", "inspect_client"], []),
    "dashboard": ("with_dashboard", ["coppice", "inspect_client"], ["cpp-httplib::cpp-httplib"]),
}
HEADERS_ONLY = {"asio"}


class coppice(ConanFile):
    name = "coppice"
    description = "Supervision trees for C++ with the semantics of OTP"
    license = "Apache-2.0"
    topics = ("actors", "coroutines", "otp", "supervision")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "shared": [True, False],
        "with_application": [True, False],
        "with_dashboard": [True, False],
        "with_inspect": [True, False],
        "with_net": [True, False],
    }
    default_options = {
        "shared": False,
        "with_application": True,
        "with_dashboard": True,
        "with_inspect": True,
        "with_net": True,
    }

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "../../CMakeLists.txt"))
        self.version = re.search(r"project\(coppice VERSION ([0-9.]+)", text)[1]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "../..")
        for pattern in ("CMakeLists.txt", "LICENSE", "CHANGELOG.md", "cmake/*", "include/*", "src/*", "testing/*"):
            copy(self, pattern, root, self.export_sources_folder)

    def requirements(self):
        if self.options.with_net:
            self.requires("asio/1.30.2")
        if self.options.with_application:
            self.requires("tomlplusplus/3.4.0")
            self.requires("cli11/2.4.2")
        if self.options.with_inspect:
            self.requires("nlohmann_json/3.11.3")
        if self.options.with_dashboard:
            self.requires("cpp-httplib/0.18.0")

    def validate(self):
        check_min_cppstd(self, 23)
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("coppice runs on Linux")
        if self.options.with_inspect and not self.options.with_net:
            raise ConanInvalidConfiguration("with_inspect needs with_net")
        if self.options.with_dashboard and not self.options.with_inspect:
            raise ConanInvalidConfiguration("with_dashboard needs with_inspect")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for part in ("apps", "bench", "examples", "tests"):
            toolchain.cache_variables[f"COPPICE_BUILD_{part.upper()}"] = False
        for part in ("application", "dashboard", "inspect", "net"):
            toolchain.cache_variables[f"COPPICE_BUILD_{part.upper()}"] = bool(self.options.get_safe(f"with_{part}"))
        # The build looks for headers, and CMakeDeps makes packages: the folders of the headers are given directly.
        needed = [each.cpp_info.aggregated_components() for each in self.dependencies.host.values()]
        folders = [folder for each in needed for folder in each.includedirs]
        toolchain.cache_variables["CMAKE_INCLUDE_PATH"] = ";".join(folders)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "coppice")
        for name, (option, below, needs) in LIBRARIES.items():
            if option and not self.options.get_safe(option):
                continue
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"coppice::{name}")
            if name not in HEADERS_ONLY:
                component.libs = ["coppice" if name == "coppice" else f"coppice_{name}"]
            component.requires = below + needs
            if name == "coppice":
                component.system_libs = ["pthread", "dl"]
            if name == "asio":
                component.defines = ["ASIO_STANDALONE"]
