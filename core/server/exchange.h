// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request on its way to a tunnel's client, and the answer on its way back, whatever protocol the visitor
// speaks: counts in the tunnel's load, opens the stream, writes head, content and trailers, reads the
// answer's frames, checks them, and returns credit. The visitor's side is its Sink. It is a member of the
// object that owns it and serves one request after the other. It must outlive the calls it makes, so its
// owner is destroyed by EventLoop::dispose. One loop's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/slab.h"
#include "core/http/interim_budget.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/net/address.h"
#include "core/relay/credit_ledger.h"
#include "core/relay/piece_joiner.h"
#include "core/server/route_lookup.h"
#include "core/server/tunnel_load.h"
#include "core/transport/stream.h"
#include "core/wire/error_codes.h"
#include "core/wire/http_frames.h"

namespace adit::server {

struct VisitorServices;

/// The page for an exchange that ended with `cause` before a response head.
http::Problem problemOf(wire::AppError cause) noexcept;

/// A request as its visitor's protocol understood it.
struct ExchangeRequest {
  /// As decideRequest left it; begin() takes out the fields of framing and of routing.
  http::RequestHead& head;
  http::Framing framing;  ///< None, Length or Chunked (length not known).
  bool webSocket = false;
  bool expectContinue = false;
  http::Scheme scheme = http::Scheme::Http;
  const net::SocketAddress& visitor;
  /// Of the answer, on its way before the visitor took any, beyond AnswerWindows::kLeast; bytes.
  std::size_t window = 0;
  /// A call whose sender may be silent for long, so that it does not give way while its content is due.
  bool mayPause = false;
};

/// A final head, checked.
struct ResponseStart {
  http::ResponseHead& head;
  /// None also where the request or the status allows no content (HEAD, 204, 304, 101); else Length or
  /// Chunked (ends with the stream).
  http::Framing framing;
  bool upgraded = false;  ///< 101: bytes both ways follow.
  bool bodiless = false;  ///< No content by the rules, whatever the fields say of its length.
};

/// Why a request was not begun.
struct ExchangeRefusal {
  http::Problem problem = http::Problem::TunnelOffline;
  wire::AppError code = wire::AppError::NoError;
};

class Exchange final : private transport::StreamHandler,
                       private wire::FrameReader::Handler,
                       private TunnelLoad::Waiter {
 public:
  /// The visitor's side. It may call end() or drop() inside any of these; an error from one refuses the
  /// answer and comes back as onFailed.
  class Sink {
   public:
    virtual Result<> onInterimHead(http::ResponseHead& head) = 0;
    virtual Result<> onResponseHead(const ResponseStart& start) = 0;
    /// Content, or bytes of the upgraded protocol. Credit is returned by settle(), end() or drop().
    virtual Result<> onResponseBody(ByteView data) = 0;
    /// Trailer fields that may be passed on; views valid during the call.
    virtual Result<> onResponseTrailers(const std::vector<http::Field>& fields) = 0;
    /// The answer is whole (an upgraded protocol: the client's side ended).
    virtual void onResponseEnd() = 0;
    /// No (more) answer; the exchange is over already.
    virtual void onExchangeFailed(wire::AppError cause) = 0;
    /// The client takes more of the request after isCongested() was true.
    virtual void onRequestWritable() = 0;
    /// The client wants no more of the request; its answer may still come.
    virtual void onRequestStopped() = 0;

   protected:
    ~Sink() = default;
  };

  Exchange(VisitorServices& services, Sink& sink) noexcept : m_services(services), m_sink(sink) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { drop(wire::AppError::VisitorGone); }

  /// Opens the stream to `destination` (Here or Elsewhere: see decideRequest) and sends the head. Returns a
  /// refusal when the tunnel cannot take the request; nothing was begun then.
  std::optional<ExchangeRefusal> begin(const Destination& destination, ExchangeRequest request);
  /// Content of the request, or bytes of the upgraded protocol. Ignored when nobody listens any more.
  void sendBody(Slice data);
  /// Trailers beyond what a frame may carry end the exchange: onExchangeFailed comes inside.
  void sendTrailers(std::span<const http::Field> fields);
  void finishRequest();
  /// The client's queue is full: send no more until onRequestWritable.
  [[nodiscard]] bool isCongested() const noexcept;
  /// Of the request, given to the stream and not sent.
  [[nodiscard]] std::size_t unsentBytes() const noexcept {
    return m_stream == nullptr ? 0 : m_stream->unsentBytes();
  }
  /// onRequestWritable comes when no more than `unsent` bytes are left, though it was not congested.
  void awaitWritable(std::size_t unsent) noexcept {
    if (m_stream != nullptr) m_stream->awaitWritable(unsent);
  }

  /// Of the answer's bytes given to the sink, at most `stillQueued` wait for the visitor: credits the rest.
  void settle(std::size_t stillQueued) { m_credit.sent(m_stream, stillQueued); }
  /// Leaves the stream to itself: what was queued goes out, what comes is discarded.
  void end();
  /// Resets both directions. Nothing happens when the exchange is over.
  void drop(wire::AppError code);
  [[nodiscard]] bool isActive() const noexcept { return m_stream != nullptr; }

 private:
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamWritable(transport::Stream& stream) override;
  void onStreamClosed(transport::Stream& stream) override;
  Result<> onFrame(wire::FrameType type, ByteView payload) override;
  Result<> onBody(ByteView data) override;
  void onGiveWay() override;

  /// How much of the answer has arrived.
  enum class AnswerState : std::uint8_t {
    Awaited,   ///< No final head.
    Begun,     ///< The head; content and trailers may follow.
    Upgraded,  ///< 101: bytes both ways.
  };

  Result<> passJoined();
  Result<> takeInterimHead(std::size_t size);
  Result<> takeHead(const http::Framing& framing);
  Result<> takeTrailers(ByteView payload);
  void fail(wire::AppError cause);
  void refuseAnswer(wire::AppError code);
  void watchContent(bool begun);
  [[nodiscard]] PlaceRequest placeFor(const ExchangeRequest& request);

  VisitorServices& m_services;
  Sink& m_sink;
  transport::Stream* m_stream = nullptr;
  std::shared_ptr<TunnelLoad> m_load;
  PlaceRequest m_place;  ///< Of the request in it.
  wire::FrameReader m_frames;
  http::ResponseHead m_response;
  std::vector<http::Field> m_trailers;
  relay::CreditLedger m_credit;
  std::size_t m_window = 0;  ///< Of the worker's AnswerWindows.
  std::size_t m_bodyInFeed = 0;
  relay::PieceJoiner* m_joined = nullptr;  ///< While the stream's bytes are read.
  std::uint64_t m_remaining = 0;           ///< Content still due with framing Length.
  http::InterimBudget m_interim;
  http::BodyFraming m_framing = http::BodyFraming::None;
  AnswerState m_answer = AnswerState::Awaited;
  bool m_isHead = false;
  bool m_webSocket = false;
  bool m_awaitsContinue = false;
};

}  // namespace adit::server
