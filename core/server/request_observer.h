// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who wants to know of visitors' requests: metrics, an access log, the inspector. Every request of either
// protocol is told in the same three steps (begin, head, end), with the true cause of its end. Without an
// observer a request costs a null check at each step. Called on the workers' threads, on several at once.

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/net/address.h"
#include "core/server/route_lookup.h"
#include "core/wire/error_codes.h"

namespace adit::server {

/// Unique in a server until it ends.
using RequestId = std::uint64_t;

struct RequestBegin {
  RequestId id = 0;
  /// Views, valid during the call. Empty where no valid head was received (the end says why). Of a request
  /// that is forwarded it is the head as the tunnel's client gets it.
  const http::RequestHead& head;
  http::Scheme scheme = http::Scheme::Http;
  const net::SocketAddress& visitor;
  Destination destination;
  Timestamp at{};
};

enum class RequestOutcome : std::uint8_t {
  Answered,       ///< The tunnel's answer went out whole, or both directions of an upgraded connection ended.
  Redirected,     ///< The server answered with a redirect to HTTPS.
  Problem,        ///< The server answered with a page; see RequestEnd::problem.
  AnswerAborted,  ///< The tunnel's answer broke off behind its head; see RequestEnd::code.
  Refused,      ///< HTTP/2: reset without an answer, so that the visitor may ask again, or as the origin did.
  VisitorGone,  ///< The visitor closed the connection, reset the stream, or its connection broke.
  VisitorTooSlow,  ///< The visitor did not read the answer fast enough.
  VisitorInvalid,  ///< The visitor broke the rules of its protocol: after the answer had begun, or by a
                   ///< malformed HTTP/2 head, whose stream is reset.
  Shed,            ///< The worker's visitors had too much unread, and this one read next to nothing.
  ServerStopped,   ///< The server stopped while the request was in progress.
};

struct RequestEnd {
  RequestOutcome outcome = RequestOutcome::Answered;
  std::optional<http::Problem> problem;  ///< For Problem.
  /// What the tunnel's client or this server refused or ended the request with; NoError: neither did.
  wire::AppError code = wire::AppError::NoError;
  std::uint16_t status = 0;    ///< Of the head that went out; 0: none did.
  std::uint64_t received = 0;  ///< Bytes of content from the visitor.
  std::uint64_t sent =
      0;  ///< Bytes of content for the visitor; those of the server's own pages are not counted.
  Duration untilHead{};  ///< From begin to the head; zero: there was none.
  Duration duration{};   ///< From begin to end.
};

class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void onRequestBegin(const RequestBegin& begin) = 0;
  /// A final head (status >= 200, or 101) goes out. Not called for requests that end without one.
  virtual void onResponseHead(RequestId id, std::uint16_t status, Timestamp at) = 0;
  /// Last call for `id`.
  virtual void onRequestEnd(RequestId id, const RequestEnd& end) = 0;
};

/// What a visitor's object keeps of the request it tells the observer about. One loop's thread.
class RequestTrace {
 public:
  /// Tells of a new request. One before it whose answer is complete ends as Answered. `observer` may be null:
  /// then nothing is told, and nothing kept.
  void begin(RequestObserver* observer, const RequestBegin& begin) {
    complete(begin.at);
    if (observer != nullptr) tellBegin(*observer, begin);
  }
  [[nodiscard]] bool isActive() const noexcept { return m_observer != nullptr; }
  void head(std::uint16_t status, Timestamp now) {
    if (m_observer != nullptr) tellHead(status, now);
  }
  void received(std::size_t count) noexcept {
    if (m_observer != nullptr) m_end.received += count;
  }
  void sent(std::size_t count) noexcept {
    if (m_observer != nullptr) m_end.sent += count;
  }
  /// The answer is whole; complete() follows when its last byte has left for the visitor.
  void answered() noexcept { m_answered = true; }
  void complete(Timestamp now) {
    if (m_answered) end(RequestOutcome::Answered, now);
  }
  /// The first end of a request counts; later ones are ignored.
  void end(RequestOutcome outcome, Timestamp now, wire::AppError code = wire::AppError::NoError) {
    if (m_observer != nullptr) tellEnd(outcome, now, code);
  }
  /// Ends with a page of the server's own, whose head is told, too.
  void endWith(http::Problem problem, Timestamp now, wire::AppError code = wire::AppError::NoError);

 private:
  void tellBegin(RequestObserver& observer, const RequestBegin& begin);
  void tellHead(std::uint16_t status, Timestamp now);
  void tellEnd(RequestOutcome outcome, Timestamp now, wire::AppError code);

  RequestObserver* m_observer = nullptr;  ///< While a request is in progress.
  bool m_answered = false;
  RequestId m_id = 0;
  Timestamp m_begun{};
  RequestEnd m_end;
};

}  // namespace adit::server
