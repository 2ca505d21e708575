// SPDX-License-Identifier: Apache-2.0
#pragma once
// The times that visitors' connections and requests are given, a queue for each. Owned by the worker; one
// loop's thread.

#include "core/net/timeout_queue.h"
#include "core/server/limits.h"
#include "core/server/read_pace.h"

namespace adit::server {

struct VisitorTimeouts {
  /// How long an answer may still come to a visitor that sent FIN behind its request.
  static constexpr Duration kHalfCloseGrace = std::chrono::milliseconds(500);
  /// How long a connection whose sending side is closed is still read, and how long an HTTP/2 visitor has to
  /// answer the first GOAWAY of a drain.
  static constexpr Duration kLinger = std::chrono::seconds(2);

  VisitorTimeouts(net::EventLoop& loop, const ServerLimits& limits)
      : head(loop, limits.headTimeout),
        keepAlive(loop, limits.keepAliveTimeout),
        body(loop, limits.bodyIdleTimeout),
        write(loop, ReadPace::interval(limits)),
        halfClose(loop, kHalfCloseGrace),
        linger(loop, kLinger) {}
  /// For waits that begin from now on.
  void apply(const ServerLimits& limits) {
    head.setTimeout(limits.headTimeout);
    keepAlive.setTimeout(limits.keepAliveTimeout);
    body.setTimeout(limits.bodyIdleTimeout);
    write.setTimeout(ReadPace::interval(limits));
  }

  net::TimeoutQueue head;
  net::TimeoutQueue keepAlive;
  net::TimeoutQueue body;
  net::TimeoutQueue write;  ///< Between looks at a ReadPace.
  net::TimeoutQueue halfClose;
  net::TimeoutQueue linger;
};

}  // namespace adit::server
