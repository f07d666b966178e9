// SPDX-License-Identifier: Apache-2.0

#include "platform/cpus.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <thread>

namespace coppice::platform {
namespace {

unsigned affinity_cpus() noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) {
        return std::thread::hardware_concurrency();
    }
    return static_cast<unsigned>(CPU_COUNT(&set));
}

/// The quota in CPUs, 0 for no limit.
double quota_from(const std::string& quota, double period) {
    if (quota.empty() || quota == "max" || quota.front() == '-' || period <= 0) {
        return 0;
    }
    return std::stod(quota) / period;
}

/// The content of a small file; empty if the file cannot be read. Opened with O_CLOEXEC: a stream
/// would leave the file open in programs started meanwhile.
std::istringstream content_of(const char* path) {
    std::array<char, 256> text{};
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? -1 : ::read(file, text.data(), text.size());
    if (file >= 0) {
        ::close(file);
    }
    return std::istringstream{
        std::string(text.data(), got < 0 ? 0 : static_cast<std::size_t>(got))};
}

double cgroup_v2_quota() {
    std::istringstream file = content_of("/sys/fs/cgroup/cpu.max");
    std::string quota;
    double period = 0;
    return file >> quota >> period ? quota_from(quota, period) : 0;
}

double cgroup_v1_quota() {
    std::istringstream quota_file = content_of("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::istringstream period_file = content_of("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    std::string quota;
    double period = 0;
    return quota_file >> quota && period_file >> period ? quota_from(quota, period) : 0;
}

}  // namespace

unsigned usable_cpus() noexcept {
    unsigned cpus = affinity_cpus();
    try {
        const double quota = std::max(cgroup_v2_quota(), cgroup_v1_quota());
        if (quota > 0) {
            cpus = std::min(cpus, static_cast<unsigned>(std::ceil(quota)));
        }
    } catch (...) {
        // A file that cannot be parsed says nothing about a limit: the affinity alone decides.
        return std::max(cpus, 1U);
    }
    return std::max(cpus, 1U);
}

}  // namespace coppice::platform
