// SPDX-License-Identifier: Apache-2.0
#pragma once
// The way to tunnels' clients, as visitors' requests see it: a stream to whichever session serves a
// destination, on this worker or another. Implemented by the worker. One loop's thread.

#include <cstdint>
#include <memory>

#include "core/server/route_lookup.h"
#include "core/server/tunnel_load.h"
#include "core/transport/stream.h"
#include "core/wire/error_codes.h"

namespace adit::server {

/// A stream towards a tunnel's client, or why there is none.
struct OpenedStream {
  transport::Stream* stream = nullptr;
  /// The stream has a place in it (TunnelLoad::enter); the holder calls leave() when the request is over.
  /// Null for a stream to another worker's session, which is counted there.
  std::shared_ptr<TunnelLoad> load;
  wire::AppError refusal = wire::AppError::NoError;
};

class TunnelStreams {
 public:
  /// `destination` is Here or Elsewhere. Refusals: Draining (the session is gone, or leaves), TunnelUnknown,
  /// Overloaded. A stream to another worker may also be reset later, for any of these.
  virtual OpenedStream open(const Destination& destination, const PlaceRequest& request) = 0;

 protected:
  ~TunnelStreams() = default;
};

}  // namespace adit::server
