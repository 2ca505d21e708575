// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes QUIC connections to a server, each on a UDP socket of its own, so that attempts that run side by
// side, and moving one of them to another local address, do not disturb each other. Owned by the Client; its
// thread.

#include <memory>
#include <optional>

#include "core/base/random.h"
#include "core/net/event_loop.h"
#include "core/quic/endpoint_driver.h"
#include "core/transport/dialer.h"

namespace adit::client {

class QuicDialer final : public transport::Dialer {
 public:
  struct Params {
    std::shared_ptr<const tls::Identity> identity;
    std::size_t loopbackPayload = 16376;              ///< See quic::TransportLimits.
    std::optional<quic::Congestion> congestion = {};  ///< See quic::TransportLimits.
  };
  /// `loop` and `random` outlive it and its links.
  QuicDialer(net::EventLoop& loop, Random& random, Params params);
  Result<std::unique_ptr<transport::DialedLink>> dial(const transport::DialParams& params,
                                                      transport::LinkHandler& handler) override;

 private:
  class Dialed;
  net::EventLoop& m_loop;
  Random& m_random;
  Params m_params;
};

}  // namespace adit::client
