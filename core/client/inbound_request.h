// SPDX-License-Identifier: Apache-2.0
#pragma once
// One visitor's request on the client: reads its frames from the stream, passes the request to an exchange
// with the origin, and writes the answer as frames. It does not know the origin's protocol. Pooled by the
// Client; the client's thread. inbound_request.cpp has the request, inbound_answer.cpp the answer.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/intrusive_list.h"
#include "core/client/answer_budget.h"
#include "core/client/origin_exchange.h"
#include "core/client/tunnel.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/net/timeout_queue.h"
#include "core/relay/credit_ledger.h"
#include "core/transport/stream.h"
#include "core/wire/error_codes.h"
#include "core/wire/http_frames.h"
#include "core/wire/stream_head.h"

namespace adit::client {

class InboundRequest;

/// What a request needs of its client.
class RequestOwner {
 public:
  virtual std::shared_ptr<Tunnel> findTunnel(std::uint64_t id) = 0;
  virtual net::EventLoop& loop() = 0;
  virtual AnswerBudget& answerBudget() = 0;
  /// The way to origins that speak `protocol`, for a request that keeps it for the next ones. Tests and
  /// simulations put origins of their own here.
  virtual std::unique_ptr<OriginExchange> makeExchange(Target::Protocol protocol, OriginExchange::User& user);
  /// The request is over; it may be used again for another stream.
  virtual void recycle(InboundRequest& request) = 0;
  /// The visitor gets an answer of the client's own, or only a part of the origin's.
  virtual void onProblem(OriginProblem problem) = 0;

 protected:
  ~RequestOwner() = default;
};

class InboundRequest final : public ListHook<>,
                             private transport::StreamHandler,
                             private wire::FrameReader::Handler,
                             private OriginExchange::User,
                             private net::TimeoutItem {
 public:
  explicit InboundRequest(RequestOwner& owner) noexcept : m_owner(owner) {}
  ~InboundRequest();
  /// Takes a stream that the server opened.
  void begin(transport::Stream& stream);
  /// ... of which `received` came already, its stream head first.
  void begin(transport::Stream& stream, ByteView received, bool fin) {
    begin(stream);
    onStreamData(stream, received, fin);
  }

 private:
  enum class Phase : std::uint8_t { StreamHead, Request, Ended };
  enum class AnswerPhase : std::uint8_t { Head, Body, Upgraded, Done };

  // Stream
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamWritable(transport::Stream& stream) override;
  void onStreamClosed(transport::Stream& stream) override;
  Result<> onFrame(wire::FrameType type, ByteView payload) override;
  Result<> onBody(ByteView data) override;

  // Origin
  void onReached() override;
  void onInterim(http::ResponseHead& head) override;
  void onHead(http::ResponseHead& head, http::Framing framing, bool upgraded) override;
  void onContent(Slice data) override;
  void onTrailers(std::span<const http::Field> fields) override;
  void onHalfEnd() override;
  void onEnd() override;
  void onFailed(const OriginFailure& failure) override;
  void onSent() override;
  void onTimeout() override;

  OriginExchange& exchangeFor(Target::Protocol protocol);
  bool readStreamHead(ByteView& data);
  Result<> takeHead(ByteView payload);
  Result<> takeTrailers(ByteView payload);
  void requestEnded();
  void timeOrigin();
  void answerProblem(const OriginFailure& failure);
  void tellProblem(const OriginFailure& failure, std::uint16_t status);
  void refuse(wire::AppError code);
  void end(bool failed, CancelReason reason = CancelReason::VisitorGone);

  RequestOwner& m_owner;
  transport::Stream* m_stream = nullptr;
  std::shared_ptr<Tunnel> m_tunnel;
  std::unique_ptr<OriginExchange> m_http1;  ///< Made at the first use and kept for the next requests.
  std::unique_ptr<OriginExchange> m_http2;  ///< Likewise.
  OriginExchange* m_exchange = nullptr;     ///< The one of this request, once begun.
  Phase m_phase = Phase::Ended;
  AnswerPhase m_answerPhase = AnswerPhase::Head;

  std::string m_partialHead;
  wire::StreamHead m_streamHead;
  wire::FrameReader m_frames;
  http::RequestHead m_request;
  http::Framing m_framing;
  relay::CreditLedger m_credit;
  std::size_t m_bodyInFeed = 0;
  std::uint64_t m_bodyRemaining = 0;
  bool m_hasHead = false;
  bool m_reached = false;
  bool m_requestEnded = false;
  bool m_webSocket = false;
  bool m_isHead = false;
  http::PageFormat m_pageFormat;
};

}  // namespace adit::client
