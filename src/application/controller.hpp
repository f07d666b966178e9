// SPDX-License-Identifier: Apache-2.0
// Erlang's application_controller: one process for each runtime with applications. The controller starts and
// stops masters, and decides what follows from the end of an application.
//
//     application   request to start             message of the master      exit of the master
//     loaded        checked, then starting       -                          -
//     starting      answered like the first      started: running           loaded, and see `failed`
//                                                failed: loaded
//     running       already_started              ended: see `ended`         likewise, `killed`
//     ended         checked, then starting       -                          -
//
// A stop waits for the end of the master. After the application's shutdown_timeout the master and its
// processes are killed. Other requests wait until then, as in OTP.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "application/description_ref.hpp"
#include "application/directory.hpp"
#include "coppice/gen_server.hpp"

namespace coppice::application::detail {

inline constexpr std::string_view controller_name = "application_controller";

class controller {
  public:
    struct start {
        using reply = void_result;
        std::string name;
        restart_type type;
    };
    struct stop {
        std::string name;
    };
    // Messages of masters.
    struct started {
        pid master;
        std::string name;
        pid top;
    };
    struct failed {
        pid master;
        std::string name;
        exit_reason why;
    };
    struct ended {
        pid master;
        std::string name;
        exit_reason why;
    };

    controller();
    task<> handle_call(start asked, reply_to<void_result> starter);
    task<void_result> handle_call(stop asked);
    void handle_cast(const started& told);
    void handle_cast(const failed& told);
    void handle_cast(const ended& told);
    void handle_info(const exit_message& m);
    task<> terminate(exit_reason why);

  private:
    using starters = std::vector<reply_to<void_result>>;

    void_result may_start(std::string_view name) const;
    void answer(std::string_view name, const void_result& result);
    void report_start(std::string_view name);
    void report_exit(std::string_view name, exit_reason why, restart_type type);
    task<> stop_master(std::string name, pid master);
    void end_runtime(const exit_reason& why, std::string told);

    coppice::detail::runtime_core& runtime_;
    directory& known_;
    std::map<std::string, starters, std::less<>> starting_;
};

}  // namespace coppice::application::detail
