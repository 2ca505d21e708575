// SPDX-License-Identifier: Apache-2.0
#pragma once
// An exchange with an origin that speaks HTTP/1.1, on a connection of the tunnel's pool. A request whose
// reused connection ended before a byte of the answer is sent once more, if it is idempotent and its content
// so far is small enough to be kept. Owned and pooled by its InboundRequest; the client's thread.
// http1_exchange.cpp has the request, http1_answer.cpp the answer.

#include <cstdint>
#include <memory>
#include <string>

#include "core/client/origin_exchange.h"
#include "core/client/origin_pool.h"
#include "core/client/websocket_handshake.h"
#include "core/http/h1_parser.h"
#include "core/http/interim_budget.h"

namespace adit::client {

class Http1Exchange final : public OriginExchange, private OriginUser, private OriginDial::Handler {
 public:
  Http1Exchange(net::EventLoop& loop, User& user) noexcept : m_loop(loop), m_user(user) {}
  ~Http1Exchange() override;

  void begin(Tunnel& tunnel, const OriginRequest& request) override;
  void sendContent(ByteView data) override;
  void sendTrailers(std::span<const http::Field> fields) override;
  void finish() override;
  void cancel(CancelReason reason) override;
  void pauseAnswer() override;
  void resumeAnswer() override;
  [[nodiscard]] std::size_t queuedBytes() const noexcept override;

 private:
  enum class Phase : std::uint8_t {
    Ended,
    Head,  ///< No final head yet, perhaps no connection.
    Body,
    Upgraded,
  };
  enum class Fate : std::uint8_t { Keep, Close, Abort };

  void onDialed(OriginConnection& connection) override;
  void onDialFailed(const OriginConnector::Failure& failure) override;
  void onOriginData(Slice data) override;
  void onOriginEnd() override;
  void onOriginSent() override;
  void onOriginError(const Error& error) override;

  void takeOffer(const http::RequestHead& head);
  void writeHead(const OriginRequest& request);
  void reach(bool fresh);
  void sendPending();
  void queue(ByteView data);
  [[nodiscard]] bool mayRetry() const;
  bool retry();
  void boundContent();

  void readHead(Slice data);
  bool startAnswer(std::size_t headBytes);
  const char* refuseUpgrade();
  void forward(Slice data);
  void forwardChunks(Slice data);
  void endAnswer();
  void checkUpgradedEnd();
  void fail(http::Problem problem, std::string_view detail, const Error* error = nullptr);
  void release(Fate fate);

  net::EventLoop& m_loop;
  User& m_user;
  Tunnel* m_tunnel = nullptr;
  Phase m_phase = Phase::Ended;

  // Request
  http::BodyFraming m_framing = http::BodyFraming::None;
  std::string m_method;
  WebSocketOffer m_offer;
  std::string m_trailers;
  // Kept until the answer begins, for a second try:
  SliceQueue m_head;
  SliceQueue m_content;        ///< With its framing; also holds what came before there was a connection.
  bool m_keepsContent = true;  ///< m_content has all content so far; false: there is no second try.
  bool m_finished = false;
  bool m_webSocket = false;
  bool m_authenticates = false;  ///< The request uses a scheme that authenticates the connection.
  const net::SocketAddress* m_visitor = nullptr;
  bool m_ownKey = false;  ///< The handshake's key is ours, so the proof is not passed on to the visitor.
  bool m_retried = false;

  // Origin and answer
  std::unique_ptr<OriginDial> m_dial;
  OriginConnection* m_origin = nullptr;
  bool m_originSpoke = false;  ///< Bytes of an answer were received: retrying is not safe any more.
  bool m_originEnded = false;
  std::string m_answerHead;
  std::size_t m_scanned = 0;
  http::ResponseHead m_answer;
  http::ResponseTraits m_traits;
  http::ChunkedDecoder m_chunked;
  std::uint64_t m_remaining = 0;
  http::InterimBudget m_interim;
};

}  // namespace adit::client
