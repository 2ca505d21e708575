// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request to an origin and its answer, whatever protocol the origin speaks. The user is the stream side
// (InboundRequest), which has validated the request's framing and exchanges plain content. The exchange takes
// care of connections and their reuse, second tries and the validation of answers. Owned and pooled by its
// user; the client's thread.

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

/// What an exchange begins with. The head's views are valid during begin only; everything else that is
/// referred to lives until the exchange has ended.
struct OriginRequest {
  const http::RequestHead& head;
  http::Framing framing;
  bool webSocket = false;
  bool expectContinue = false;
  const wire::StreamHead& stream;  ///< The visitor's address and scheme.
};

/// Why there is no (complete) answer.
struct OriginFailure {
  http::Problem problem = http::Problem::OriginBroken;
  std::string_view detail = {};             ///< May be empty; valid during the call.
  const Error* error = nullptr;             ///< The underlying error, or null; valid during the call.
  std::optional<http::H2Error> reset = {};  ///< An HTTP/2 origin ended the request with this code.
};

/// Why a user cancels.
enum class CancelReason : std::uint8_t {
  VisitorGone,  ///< The origin should notice at once that nobody wants its answer.
  NotWanted,    ///< The visitor got another answer.
};

class OriginExchange {
 public:
  /// Is informed about the request's progress. It may cancel inside every call, but not destroy the exchange.
  class User {
   public:
    /// The request is being sent: from now on the origin is expected to respond.
    virtual void onReached() = 0;
    /// A 1xx other than 101, without hop-by-hop fields.
    virtual void onInterim(http::ResponseHead& head) = 0;
    /// The final head, likewise; None, Length or Chunked (length unknown). `upgraded`: content is the
    /// upgraded protocol now, in both directions.
    virtual void onHead(http::ResponseHead& head, http::Framing framing, bool upgraded) = 0;
    virtual void onContent(Slice data) = 0;
    /// Only those that a trailer section may carry.
    virtual void onTrailers(std::span<const http::Field> fields) = 0;
    /// Upgraded: the origin has ended its direction; the visitor's goes on.
    virtual void onHalfEnd() = 0;
    /// The answer is complete (upgraded: both sides have ended). No other call follows.
    virtual void onEnd() = 0;
    /// There is no (complete) answer. No other call follows.
    virtual void onFailed(const OriginFailure& failure) = 0;
    /// queuedBytes() became smaller.
    virtual void onSent() = 0;

   protected:
    ~User() = default;
  };

  virtual ~OriginExchange() = default;
  /// No callback except onReached comes inside the call.
  virtual void begin(Tunnel& tunnel, const OriginRequest& request) = 0;
  virtual void sendContent(ByteView data) = 0;
  /// Sent with finish(); fields that the protocol cannot carry are left out. The views are copied.
  virtual void sendTrailers(std::span<const http::Field> fields) = 0;
  /// The request is complete (upgraded: the visitor has ended its direction).
  virtual void finish() = 0;
  /// Ends the exchange without a callback; does nothing if it has ended.
  virtual void cancel(CancelReason reason) = 0;
  /// Back-pressure from the visitor.
  virtual void pauseAnswer() = 0;
  virtual void resumeAnswer() = 0;
  /// Bytes of the request that the system has not taken yet.
  [[nodiscard]] virtual std::size_t queuedBytes() const noexcept = 0;
};

}  // namespace adit::client
