// SPDX-License-Identifier: Apache-2.0
#pragma once
// One visitor's HTTP/2 connection at the ingress: an H2ServerSession on a socket, each of whose streams is an
// H2VisitorStream with an exchange of its own, to whichever tunnel it names. The first request decides on
// which worker the connection lives; it moves while nothing has been written to it. Owned by its worker. One
// loop's thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/http/h2_server_session.h"
#include "core/net/stream_socket.h"
#include "core/net/timeout_queue.h"
#include "core/net/turn_line.h"
#include "core/server/answer_windows.h"
#include "core/server/hold_budget.h"
#include "core/server/proxy_fields.h"
#include "core/server/read_pace.h"
#include "core/server/request_observer.h"
#include "core/server/request_policy.h"
#include "core/server/visitor.h"

namespace adit::server {

class H2VisitorStream;
struct H2StreamTag;

class H2Visitor final : public Visitor,
                        public net::Flushable,
                        private net::TurnLine::Waiter,
                        private HoldBudget::Holder,
                        private net::StreamSocket::Handler,
                        private http::H2ServerSession::Handler,
                        private http::H2ServerSession::Output {
 public:
  H2Visitor(VisitorServices& services, net::DetachedSocket& socket, http::Scheme scheme,
            const net::SocketAddress& peer);
  ~H2Visitor() override;
  /// Makes visitors that speak HTTP/2 from their first byte.
  static const VisitorFactory& factory() noexcept;

  [[nodiscard]] const net::SocketAddress& peer() const noexcept override { return m_peer; }
  void resumeWith(std::string_view received) override;
  void drain() override;
  void closeNow() override { destroy(RequestOutcome::ServerStopped); }

  // For its streams:
  [[nodiscard]] VisitorServices& services() noexcept { return m_services; }
  [[nodiscard]] http::H2ServerSession& session() noexcept { return *m_session; }
  /// Who asked for what decision() is about.
  [[nodiscard]] const RequestOrigin& origin() const noexcept { return m_origin; }
  /// About the request whose head is being handed over; the head may point into this object.
  [[nodiscard]] const RequestDecision& decision() const noexcept { return m_decision; }
  /// The piece of what was read last that `data` lies in, without a copy where it can be.
  Slice sliceOf(ByteView data);
  /// Its answers' first windows.
  [[nodiscard]] AnswerWindows& windows() noexcept { return m_windows; }
  /// What its requests have queued for their clients, all together.
  [[nodiscard]] std::size_t queuedForClients() noexcept;
  /// When the visitor took bytes from the socket last, as of the last look; of no meaning while none wait.
  [[nodiscard]] Timestamp lastTaken() const noexcept override { return m_readPace.last(); }
  /// The session has something to write: at the end of the turn.
  void wantsToWrite();
  /// The stream is over; its object may serve another request.
  void recycle(H2VisitorStream& stream);

 private:
  /// A time-out that calls one function.
  struct Deadline final : net::TimeoutItem {
    Deadline(H2Visitor& visitor, void (H2Visitor::*expired)()) : owner(visitor), call(expired) {}
    void onTimeout() override { (owner.*call)(); }
    H2Visitor& owner;
    void (H2Visitor::*call)();
  };
  enum class Phase : std::uint8_t {
    Movable,    ///< No request was begun and nothing written: it may move to another worker.
    Settled,    ///< It stays on this worker.
    Lingering,  ///< Our FIN is queued or sent; what still comes is read and dropped.
    Closed,
  };

  void onData(Slice data) override;
  void onEndOfStream() override;
  void onSent(std::size_t count) override;
  void onSocketError(const Error& error) override;
  http::H2ServerStream* onRequest(http::H2ServerRequest& request) override;
  void onMalformedRequest() override;
  void write(ByteView bytes) override;
  void write(Slice slice) override;
  [[nodiscard]] bool hasRoom() const override;
  void flush() override;
  void onTurn() override;
  void onShed() override;
  [[nodiscard]] Duration grace() const noexcept override { return HoldBudget::kLongGrace; }

  [[nodiscard]] bool isOpen() const noexcept {
    return m_phase == Phase::Movable || m_phase == Phase::Settled;
  }
  void settle() noexcept;
  void remember(std::string_view received);
  void processRest(std::size_t most);
  void pump();
  void watchTimes();
  void watchReading();
  void moveTo(unsigned worker);
  void headExpired();
  void idleExpired();
  void writeExpired();
  void settingsExpired();
  void noticeExpired();
  void lingerExpired() { destroy(RequestOutcome::VisitorGone); }
  void dropStreams(RequestOutcome outcome);
  void linger();
  void destroy(RequestOutcome outcome);

  VisitorServices& m_services;
  std::unique_ptr<net::StreamSocket> m_socket;
  http::Scheme m_scheme;
  RequestOrigin m_origin;
  net::SocketAddress m_peer;
  std::unique_ptr<http::H2ServerSession> m_session;
  IntrusiveList<H2VisitorStream, H2StreamTag> m_active;
  std::vector<std::unique_ptr<H2VisitorStream>> m_streams;  ///< All, active or not.
  std::vector<H2VisitorStream*> m_idle;
  const Slice* m_reading = nullptr;  ///< What receive() works on.
  std::string m_received;            ///< Everything so far, while the connection may still move.
  std::string_view m_toReplay;       ///< Of a moved connection, while it is read: what comes behind.
  std::optional<unsigned> m_moves;
  RequestDecision m_decision;
  http::MaxForwardsText m_maxForwards{};
  Deadline m_headTime, m_idleTime, m_writeTime, m_settingsTime, m_noticeTime, m_lingerTime;
  SocketReadPace m_readPace;
  AnswerWindows m_windows;
  Slice m_rest;              ///< Of what was read last: for a turn to come.
  std::uint64_t m_turn = 0;  ///< The last one in which something came.
  std::size_t m_effort = 0;  ///< In that one.
  Phase m_phase = Phase::Movable;
  bool m_noticed = false;  ///< The first step of a drain is over.
};

}  // namespace adit::server
