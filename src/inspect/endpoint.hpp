// SPDX-License-Identifier: Apache-2.0
// The processes of an endpoint:
//
//     inspect:NAME (one_for_all)
//     ├─ connections (dynamic)    one child per client, temporary
//     └─ inspect:NAME:listener    owns the thread that waits for sockets; closes connections of other users

#pragma once

#include <optional>
#include <string>

#include "coppice/gen_server.hpp"
#include "coppice/net.hpp"
#include "coppice/supervisor.hpp"
#include "inspect/methods.hpp"

namespace coppice::inspect {

class listener {
  public:
    using info_messages = messages<net::accepted, net::listen_failed>;

    explicit listener(shared_facts facts) : facts_{std::move(facts)} {}
    task<> init();
    task<> handle_info(net::accepted m);
    void handle_info(const net::listen_failed& m);

  private:
    task<> take_name();
    task<pid> connections();

    shared_facts facts_;
    net::service sockets_;
    net::listener source_;
    pid connections_;
};

struct endpoint {
    static supervisor_init init(const shared_facts& facts);
};

/// Root may inspect every program, and a user only programs of the same user.
/// `own` is the user of this program.
[[nodiscard]] bool is_trusted(const std::optional<net::credentials>& peer,
                              std::uint32_t own) noexcept;

}  // namespace coppice::inspect
