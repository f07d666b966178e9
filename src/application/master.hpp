// SPDX-License-Identifier: Apache-2.0
// The process of one running application. The master owns the application's object, calls the callbacks, is
// the parent of the top supervisor, and is the first ancestor of all processes of the application.

#pragma once

#include <memory>
#include <string>

#include "application/description_ref.hpp"
#include "coppice/gen_server.hpp"

namespace coppice::application::detail {

class master {
  public:
    struct begin {};
    struct change {
        changes what;
    };

    master(description_ref what, pid controller);
    void init();
    task<> handle_continue(begin);
    task<void_result> handle_call(change asked);
    void handle_info(const exit_message& m);
    task<> terminate(exit_reason why);

  private:
    enum class life : std::uint8_t { starting, running, ended, failed };

    task<void_result> begin_tree();
    task<void_result> begin_phases();
    exit_reason call_of(const char* function, std::string_view argument) const;

    description_ref what_;
    pid controller_;
    std::string name_;
    std::unique_ptr<callbacks> app_;
    pid top_;
    life life_ = life::starting;
    exit_reason why_;  ///< The exit reason of the tree.
};

}  // namespace coppice::application::detail
