// SPDX-License-Identifier: Apache-2.0
// Everything, for programs; the library itself includes what it uses.

#pragma once

#include "coppice/child_spec.hpp"
#include "coppice/dynamic_supervisor.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "coppice/runtime.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/task.hpp"
#include "coppice/timer.hpp"
#include "coppice/tree.hpp"
