// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request on its way to an origin and the answer's way back, in whatever protocol the origin speaks. The
// stream side (InboundRequest) is the user: it has checked the request's framing and gives and takes content
// without any; connections, their reuse, second tries and the checks of what an origin says are the
// exchange's. Owned and pooled by its user; the client's thread.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/slab.h"
#include "core/http/h2_error.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/wire/stream_head.h"

namespace adit::client {

struct Tunnel;

/// What an exchange is begun with. The head's views are valid during begin only; the rest of what is referred
/// to lives until the exchange has ended.
struct OriginRequest {
  const http::RequestHead& head;
  http::Framing framing;
  bool webSocket = false;
  bool expectContinue = false;
  const wire::StreamHead& stream;  ///< The visitor's address and scheme.
};

/// Why there is no (whole) answer.
struct OriginFailure {
  http::Problem problem = http::Problem::OriginBroken;
  std::string_view detail = {};             ///< May be empty; valid during the call.
  const Error* error = nullptr;             ///< The system's, where it had one; valid during the call.
  std::optional<http::H2Error> reset = {};  ///< An HTTP/2 origin ended the request with this code.
};

/// Why a user gives up.
enum class CancelReason : std::uint8_t {
  VisitorGone,  ///< The origin should notice at once that its work is for nobody.
  NotWanted,    ///< The visitor got another answer.
};

class OriginExchange {
 public:
  /// Hears what becomes of the request. It may cancel in every call, not destroy the exchange.
  class User {
   public:
    /// The request is on its way: from now on the origin owes something.
    virtual void onReached() = 0;
    /// A 1xx that is not 101, without the fields that speak of the hop.
    virtual void onInterim(http::ResponseHead& head) = 0;
    /// The final head, likewise; None, Length or Chunked (length unknown). `upgraded`: content is the
    /// upgraded protocol now, in both directions.
    virtual void onHead(http::ResponseHead& head, http::Framing framing, bool upgraded) = 0;
    virtual void onContent(Slice data) = 0;
    /// Only those that a trailer section may carry.
    virtual void onTrailers(std::span<const http::Field> fields) = 0;
    /// Upgraded: the origin will say no more; what the visitor says still goes on.
    virtual void onHalfEnd() = 0;
    /// The answer is whole (upgraded: both sides have ended). Nothing follows.
    virtual void onEnd() = 0;
    /// Nothing follows.
    virtual void onFailed(const OriginFailure& failure) = 0;
    /// queuedBytes() fell.
    virtual void onSent() = 0;

   protected:
    ~User() = default;
  };

  virtual ~OriginExchange() = default;
  /// No callback comes inside, except onReached.
  virtual void begin(Tunnel& tunnel, const OriginRequest& request) = 0;
  virtual void sendContent(ByteView data) = 0;
  /// Sent with finish(); fields that the protocol cannot carry are left out. The views are copied.
  virtual void sendTrailers(std::span<const http::Field> fields) = 0;
  /// The request is whole (upgraded: the visitor will say no more).
  virtual void finish() = 0;
  /// Ends an exchange without a callback; nothing when it has ended.
  virtual void cancel(CancelReason reason) = 0;
  /// Back-pressure from the visitor.
  virtual void pauseAnswer() = 0;
  virtual void resumeAnswer() = 0;
  /// Of the request, not yet taken by the system.
  [[nodiscard]] virtual std::size_t queuedBytes() const noexcept = 0;
};

}  // namespace adit::client
