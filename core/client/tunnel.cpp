// SPDX-License-Identifier: Apache-2.0
#include "core/client/tunnel.h"

namespace adit::client {

void Tunnel::makeOrigins(net::EventLoop& loop) {
  if (target.protocol == Target::Protocol::Http2) {
    http2 = std::make_unique<Http2Origin>(loop, target, settings, traffic);
  } else {
    origins = std::make_unique<OriginPool>(loop, target, settings);
  }
}

}  // namespace adit::client
