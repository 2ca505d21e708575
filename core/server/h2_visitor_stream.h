// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request of an HTTP/2 visitor: what its stream and its exchange say to each other. Owned by its
// H2Visitor and used again for later requests. One loop's thread.

#include <string>

#include "core/base/intrusive_list.h"
#include "core/http/h2_server_session.h"
#include "core/net/timeout_queue.h"
#include "core/server/body_pace.h"
#include "core/server/exchange.h"
#include "core/server/hold_budget.h"
#include "core/server/read_pace.h"
#include "core/server/request_observer.h"

namespace adit::server {

class H2Visitor;
struct H2StreamTag;

class H2VisitorStream final : public http::H2ServerStream,
                              public ListHook<H2StreamTag>,
                              private Exchange::Sink,
                              private HoldBudget::Holder,
                              private net::TimeoutItem {
 public:
  explicit H2VisitorStream(H2Visitor& visitor);

  [[nodiscard]] std::size_t queuedForClient() const noexcept { return m_exchange.unsentBytes(); }
  /// The connection is over, for this reason as far as the request is concerned: ends the exchange.
  void abandon(RequestOutcome outcome);

 private:
  // The visitor's side
  void onRequestHead(http::H2ServerRequest& request) override;
  void onRequestBody(ByteView data) override;
  void onRequestTrailers(std::span<const http::Field> fields) override;
  void onRequestEnd() override;
  void onResponseSent(std::size_t count) override;
  void onStreamClosed(http::H2Error error) override;
  void onTimeout() override;
  void onShed() override;
  [[nodiscard]] Timestamp lastTaken() const noexcept override;

  // The exchange's side
  Result<> onInterimHead(http::ResponseHead& head) override;
  Result<> onResponseHead(const ResponseStart& start) override;
  Result<> onResponseBody(ByteView data) override;
  Result<> onResponseTrailers(const std::vector<http::Field>& fields) override;
  void onResponseEnd() override;
  void onExchangeFailed(wire::AppError cause) override;
  void onRequestWritable() override;
  void onRequestStopped() override;

  /// How much of the request has arrived.
  enum class RequestState : std::uint8_t {
    Arriving,  ///< More content may come.
    Unwanted,  ///< More content may come, which the client does not want any more.
    Complete,
  };
  /// How much of the answer was given to the session.
  enum class AnswerState : std::uint8_t {
    Awaited,       ///< No final head.
    Begun,         ///< The head, and perhaps content.
    Upgraded,      ///< A WebSocket: bytes both ways.
    HalfUpgraded,  ///< The tunnel's side of the WebSocket has ended.
    Complete,      ///< All of it; also a page or a redirect of ours.
  };

  /// `code`: what the tunnel's client or the exchange ended the request with.
  void answerProblem(http::Problem problem, wire::AppError code = wire::AppError::NoError);
  void endTrace(RequestOutcome outcome, wire::AppError code = wire::AppError::NoError);
  void sendContent(Slice data);
  void answerRedirect(const http::RequestHead& request);
  void giveCredit();
  void finishRequest();
  bool holdsCredit();
  [[nodiscard]] bool owesBody() const noexcept;
  [[nodiscard]] bool isUpgraded() const noexcept {
    return m_answer == AnswerState::Upgraded || m_answer == AnswerState::HalfUpgraded;
  }
  void watchBody();
  void watchReading();
  void upgraded();

  H2Visitor& m_visitor;
  Exchange m_exchange;
  RequestTrace m_trace;
  std::string m_host;
  BodyPace m_pace;
  ReadPace m_readPace;
  std::string m_early;           ///< What came before the upgrade was answered.
  std::size_t m_window = 0;      ///< Its part of the connection's AnswerWindows.
  std::size_t m_uncredited = 0;  ///< Bytes of the request that the client has not taken.
  bool m_isHead = false;
  http::PageFormat m_pageFormat;
  RequestState m_request = RequestState::Arriving;
  AnswerState m_answer = AnswerState::Awaited;
  bool m_webSocket = false;
  bool m_mayPause = false;       ///< A WebSocket or call, whose sender may be silent for long.
  bool m_takesTrailers = false;  ///< The framing lets trailers through.
};

}  // namespace adit::server
