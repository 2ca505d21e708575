// SPDX-License-Identifier: Apache-2.0
#pragma once
// One visitor's HTTP/1.1 connection at the ingress: reads requests one after the other, relays each over a
// stream of the tunnel's client, and writes the answer. Requests that come ahead (pipelining) wait for their
// turn, unread by anybody else. The tunnel's side of a request is its Exchange. Owned by its worker, which
// destroys it at the end of the turn in which it closed. One loop's thread. visitor_connection.cpp has the
// request's way in, visitor_pipeline.cpp what waits behind it, visitor_response.cpp the answer's way out.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/slab.h"
#include "core/http/h1_parser.h"
#include "core/http/h1_writer.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/net/stream_socket.h"
#include "core/net/timeout_queue.h"
#include "core/server/body_pace.h"
#include "core/server/exchange.h"
#include "core/server/hold_budget.h"
#include "core/server/proxy_fields.h"
#include "core/server/read_pace.h"
#include "core/server/request_observer.h"
#include "core/server/visitor.h"
#include "core/server/visitor_state.h"

namespace adit::server {

class VisitorConnection final : public Visitor,
                                private net::StreamSocket::Handler,
                                private Exchange::Sink,
                                private HoldBudget::Holder,
                                private net::TimeoutItem {
 public:
  VisitorConnection(VisitorServices& services, net::DetachedSocket& socket, http::Scheme scheme,
                    const net::SocketAddress& peer);
  ~VisitorConnection() override;
  /// Makes visitors that speak HTTP/1.1, or by their first bytes HTTP/2 with prior knowledge.
  static const VisitorFactory& factory() noexcept;

  [[nodiscard]] const net::SocketAddress& peer() const noexcept override { return m_peer; }
  /// Bytes another worker read before the connection moved here.
  void resumeWith(std::string_view received) override;
  /// Draining: closes at once where no request is in progress, else after the answer.
  void drain() override;
  void closeNow() override;
  [[nodiscard]] VisitorState state() const noexcept { return m_state; }

 private:
  enum class Waiting : std::uint8_t { Nothing, Head, NextRequest, Body, Writing, HalfClosed, Linger };

  // Visitor's socket
  void onData(Slice data) override;
  void onEndOfStream() override;
  void onSent(std::size_t count) override;
  void onSocketError(const Error& error) override;
  void onTimeout() override;
  void onShed() override;
  [[nodiscard]] Duration grace() const noexcept override { return HoldBudget::kLongGrace; }
  [[nodiscard]] Timestamp lastTaken() const noexcept override {
    return m_waiting == Waiting::Writing ? m_readPace.last() : Holder::lastTaken();
  }

  // The exchange
  Result<> onInterimHead(http::ResponseHead& head) override;
  Result<> onResponseHead(const ResponseStart& start) override;
  Result<> onResponseBody(ByteView data) override;
  Result<> onResponseTrailers(const std::vector<http::Field>& fields) override;
  void onResponseEnd() override;
  void onExchangeFailed(wire::AppError cause) override;
  void onRequestWritable() override;
  void onRequestStopped() override;

  // The way in
  void readHead(Slice data);
  bool startsHttp2(std::string_view text);
  void beginRequest(std::string_view headBytes, Slice rest);
  void moveTo(unsigned worker, std::string_view headBytes, const Slice& rest);
  void sendBodyAfterHead(Slice rest);
  void forwardBody(Slice data);
  void forwardChunked(Slice data);
  void giveUpOnBody();
  void requestDone(Slice rest);
  void holdForLater(Slice rest);
  void startNextRequest();
  [[nodiscard]] Waiting whatIsMissing() const noexcept;
  void waitForVisitorToRead();

  // The way out
  /// `code`: what the tunnel's client or the exchange ended the request with.
  void answerProblem(http::Problem problem, std::string_view detail = {},
                     wire::AppError code = wire::AppError::NoError);
  /// To the same place with TLS; for a request whose host is known.
  void answerRedirect();
  void endOwnAnswer();
  void closeAfterFlush();
  void endUpgraded();
  template <typename Fill>
  void emitHead(std::size_t estimate, Fill&& fill);

  void become(VisitorState next);
  void waitFor(Waiting what);
  void beginTrace(const http::RequestHead& head, const RequestOrigin& origin, const Destination& destination);
  void endTrace(RequestOutcome outcome, wire::AppError code = wire::AppError::NoError);
  void traceAnswered();
  void sendContent(Slice data);
  void destroy();

  VisitorServices& m_services;
  std::unique_ptr<net::StreamSocket> m_socket;
  http::Scheme m_scheme;
  net::SocketAddress m_peer;
  VisitorState m_state = VisitorState::Preface;
  Waiting m_waiting = Waiting::Nothing;

  // The request
  std::string m_head;  ///< A head that came in pieces.
  std::size_t m_scanned = 0;
  http::RequestHead m_request;  ///< Views; valid while its head is handled only.
  http::RequestTraits m_traits;
  http::ChunkedDecoder m_chunked;
  std::uint64_t m_bodyRemaining = 0;
  BodyPace m_pace;
  SocketReadPace m_readPace;
  SliceQueue m_ahead;   ///< Bytes after the current request.
  SliceQueue m_behind;  ///< What follows the piece that startNextRequest works on.
  std::string m_host;   ///< What the visitor asked for, for the pages.
  bool m_keepAlive = true;
  bool m_isHead = false;
  bool m_isHttp10 = false;
  http::PageFormat m_pageFormat;
  bool m_awaitsContinue = false;  ///< The visitor keeps its body back until a 100 comes.
  bool m_visitorFinished = false;

  // The answer
  Exchange m_exchange;
  RequestTrace m_trace;
  std::string m_trailers;
  http::BodyFraming m_responseFraming = http::BodyFraming::None;
};

}  // namespace adit::server
