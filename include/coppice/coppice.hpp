// SPDX-License-Identifier: Apache-2.0
// The headers for most programs. telemetry.hpp, program.hpp, net.hpp and others are included separately. The
// library's own sources include single headers instead of this one.

#pragma once

#include "coppice/address.hpp"
#include "coppice/application.hpp"
#include "coppice/child_spec.hpp"
#include "coppice/console_child.hpp"
#include "coppice/console_messages.hpp"
#include "coppice/dynamic_supervisor.hpp"
#include "coppice/environment.hpp"
#include "coppice/events.hpp"
#include "coppice/exit_reason.hpp"
#include "coppice/explain.hpp"
#include "coppice/gen_server.hpp"
#include "coppice/message.hpp"
#include "coppice/pid.hpp"
#include "coppice/process.hpp"
#include "coppice/read.hpp"
#include "coppice/receive.hpp"
#include "coppice/report.hpp"
#include "coppice/runtime.hpp"
#include "coppice/show.hpp"
#include "coppice/start_result.hpp"
#include "coppice/statistics.hpp"
#include "coppice/supervisor.hpp"
#include "coppice/sys.hpp"
#include "coppice/task.hpp"
#include "coppice/timer.hpp"
#include "coppice/tree.hpp"
