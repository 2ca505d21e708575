// SPDX-License-Identifier: Apache-2.0
#pragma once
// PROTOCOL.md section 2 as a judge of one connection: what each end puts on the control stream, when it ends
// it, and the code it closes with, given what had arrived at that end. A side that breaks the protocol on
// purpose is excused; then the other side's reaction is what is judged. One thread.

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/control_parser.h"
#include "tests/sim/sim_streams.h"

namespace adit::sim {

class LinkOracle {
 public:
  enum class Side : std::uint8_t { Client, Server };
  explicit LinkOracle(SimSchedule& schedule) : m_schedule(schedule) {}
  LinkOracle(const LinkOracle&) = delete;
  LinkOracle& operator=(const LinkOracle&) = delete;

  /// For the ends of the control stream.
  [[nodiscard]] StreamTap& tap(Side side) noexcept { return side == Side::Client ? m_client : m_server; }
  /// The first rule that was broken; empty where none was.
  [[nodiscard]] const std::string& verdict() const noexcept { return m_verdict; }
  [[nodiscard]] std::optional<transport::AppErrorCode> closedWith(Side side) const noexcept {
    return of(side).closedWith;
  }
  /// Of a side that has closed.
  [[nodiscard]] Timestamp closedAt(Side side) const noexcept { return of(side).closedAt; }
  /// As the client knows, and as the server does.
  [[nodiscard]] bool isLoggedIn() const noexcept { return m_client.acceptedAt.has_value(); }
  [[nodiscard]] bool isServersSession() const noexcept { return m_server.loggedIn; }

  // Told by the wire
  void onAccepted() { m_acceptedAt = m_schedule.now(); }
  void onClose(Side side, transport::AppErrorCode code);

  // Told by the world
  /// What the side does from now on is wrong on purpose.
  void excuse(Side side) noexcept { of(side).excused = true; }
  [[nodiscard]] bool isExcused(Side side) const noexcept { return of(side).excused; }
  bool isRevoked = false;    ///< The token of the login is good no more.
  bool isDisplaced = false;  ///< A newer connection of the instance has the session.
  bool isStopped = false;    ///< The server ends.

 private:
  struct End final : StreamTap {
    End(LinkOracle& owner, Side which)
        : oracle(owner), side(which), sent(which == Side::Client), received(which == Side::Server) {}
    void onSent(ByteView, bool) override {}
    void onQueued(ByteView data, bool fin) override { oracle.judgeSent(*this, data, fin); }
    void onSentReset(transport::AppErrorCode) override { oracle.judgeAbort(*this); }
    void onSentStop(transport::AppErrorCode) override { oracle.judgeAbort(*this); }
    void onReceived(ByteView data, bool fin) override { oracle.noteReceived(*this, data, fin); }
    void onReceivedAbort() override { oracle.controlEnded(*this); }

    LinkOracle& oracle;
    const Side side;
    ControlParser sent, received;
    bool excused = false;
    std::optional<transport::AppErrorCode> closedWith;
    Timestamp closedAt{};
    // What was said and heard
    std::optional<Timestamp> loginAt, acceptedAt, pongDueSince, lastPingAt, lastReceivedAt, peerDrainAt,
        drainHeardAt;
    bool loggedIn = false, refused = false, drainSent = false, drainReceived = false, finSent = false;
    std::uint64_t revision = 0, answered = 0, nonce = 0;
    std::multiset<std::uint64_t> pongsOwed;
    std::multiset<std::uint64_t> releases;
    std::optional<Timestamp> declareAt;
  };

  [[nodiscard]] End& of(Side side) noexcept { return side == Side::Client ? m_client : m_server; }
  [[nodiscard]] const End& of(Side side) const noexcept { return side == Side::Client ? m_client : m_server; }
  [[nodiscard]] End& peerOf(const End& end) noexcept {
    return end.side == Side::Client ? m_server : m_client;
  }
  void blame(const End& end, const std::string& rule);
  void judgeSent(End& end, ByteView data, bool fin);
  void judgeAbort(End& end);
  void judgeClient(const SeenMessage& message);
  void judgeServer(const SeenMessage& message);
  void judgePong(End& end, std::uint64_t nonce);
  void judgeDrain(End& end);
  void noteReceived(End& end, ByteView data, bool fin);
  void noteAtClient(const SeenMessage& message);
  void noteAtServer(const SeenMessage& message);
  void controlEnded(End& end);
  [[nodiscard]] bool mayClientClose(transport::AppErrorCode code);
  [[nodiscard]] bool mayServerClose(transport::AppErrorCode code);

  SimSchedule& m_schedule;
  End m_client{*this, Side::Client}, m_server{*this, Side::Server};
  Duration m_heartbeat = std::chrono::seconds(5);
  Timestamp m_acceptedAt{};
  std::string m_verdict;
};

}  // namespace adit::sim
