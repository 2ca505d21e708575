// SPDX-License-Identifier: Apache-2.0
#pragma once
// One visitor's request on the client: reads its frames from the stream, speaks HTTP/1.1 to the origin, and
// frames the answer. A request whose reused origin connection died before a byte of answer is sent once more,
// if it is idempotent and had no body. Pooled by the Client; the client's thread. inbound_request.cpp has the
// way to the origin, origin_response.cpp the way back.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/intrusive_list.h"
#include "core/client/origin_pool.h"
#include "core/client/tunnel.h"
#include "core/http/h1_parser.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/quic/stream.h"
#include "core/relay/credit_ledger.h"
#include "core/relay/timeout_queue.h"
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
  /// Times the wait for a response head.
  virtual relay::TimeoutQueue& headTimeouts() = 0;
  /// The request is over; it may be used again for another stream.
  virtual void recycle(InboundRequest& request) = 0;

 protected:
  ~RequestOwner() = default;
};

class InboundRequest final : public ListHook<>,
                             private quic::StreamHandler,
                             private wire::FrameReader::Handler,
                             private OriginUser,
                             private OriginDial::Handler,
                             private relay::TimeoutItem {
 public:
  explicit InboundRequest(RequestOwner& owner) noexcept : m_owner(owner) {}
  ~InboundRequest();
  /// Takes a stream that the server opened.
  void begin(quic::Stream& stream);

 private:
  enum class Phase : std::uint8_t { StreamHead, Request, Ended };
  enum class OriginPhase : std::uint8_t { None, Dialing, Connected };
  enum class AnswerPhase : std::uint8_t { Head, Body, Upgraded, Done };

  // Stream
  void onStreamData(quic::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(quic::Stream& stream, quic::AppErrorCode code) override;
  void onStreamStopped(quic::Stream& stream, quic::AppErrorCode code) override;
  void onStreamWritable(quic::Stream& stream) override;
  void onStreamClosed(quic::Stream& stream) override;
  Result<> onFrame(wire::FrameType type, ByteView payload) override;
  Result<> onBody(ByteView data) override;

  // Origin
  void onDialed(OriginConnection& connection) override;
  void onDialFailed(const Error& error) override;
  void onOriginData(Slice data) override;
  void onOriginEnd() override;
  void onOriginSent() override;
  void onOriginError(const Error& error) override;
  void onTimeout() override;

  // The way to the origin
  bool readStreamHead(ByteView& data);
  void writeOriginHead(const wire::RequestHeadFrame& frame);
  void reachOrigin(bool fresh);
  void sendPending();
  void queueToOrigin(ByteView data);
  Result<> forwardTrailers(ByteView payload);
  void requestEnded();
  bool retry();

  // The way back
  void readAnswerHead(Slice data);
  bool startAnswer();
  void forwardAnswer(Slice data);
  void finishAnswer();
  void answerProblem(http::Problem problem, std::string_view detail);
  void breakAnswer(http::Problem problem, std::string_view detail);
  void checkUpgradedEnd();

  void refuse(wire::AppError code);
  enum class OriginFate : std::uint8_t { Keep, Close, Abort };
  void releaseOrigin(OriginFate fate);
  void end(bool failed);

  RequestOwner& m_owner;
  quic::Stream* m_stream = nullptr;
  std::shared_ptr<Tunnel> m_tunnel;
  Phase m_phase = Phase::Ended;
  OriginPhase m_originPhase = OriginPhase::None;
  AnswerPhase m_answerPhase = AnswerPhase::Head;

  // Request
  std::string m_partialHead;
  wire::StreamHead m_streamHead;
  wire::FrameReader m_frames;
  http::RequestHead m_request;
  http::Framing m_framing;
  std::string m_method;
  SliceQueue m_originHead;  ///< Kept until the answer begins, for a second try.
  SliceQueue m_waiting;     ///< Body that came before the connection.
  relay::CreditLedger m_credit;
  std::size_t m_bodyInFeed = 0;
  std::uint64_t m_bodySent = 0;
  std::uint64_t m_bodyRemaining = 0;
  std::string m_trailers;
  bool m_hasHead = false;
  bool m_requestEnded = false;
  bool m_webSocket = false;
  bool m_wantsJson = false;
  bool m_retried = false;
  bool m_originSpoke = false;  ///< Bytes of an answer came: it is no longer safe to ask again.

  // Origin and answer
  std::unique_ptr<OriginDial> m_dial;
  OriginConnection* m_origin = nullptr;
  std::string m_answerHead;
  std::size_t m_scanned = 0;
  http::ResponseHead m_answer;
  http::ResponseTraits m_traits;
  http::ChunkedDecoder m_chunked;
  std::uint64_t m_answerRemaining = 0;
  unsigned m_interimHeads = 0;
  bool m_originEnded = false;
};

}  // namespace adit::client
