// SPDX-License-Identifier: Apache-2.0
#pragma once
// What both UDP sockets have in common: the bound descriptor, its watcher, the counters, and the handling of
// a wake-up. Private to core/net; one loop's thread.

#include <algorithm>

#include "core/net/native_socket.h"
#include "core/net/udp_socket.h"

namespace adit::net {

/// System datagrams (before GRO splitting) that one wake-up reads before others get their turn.
inline constexpr std::size_t kDatagramsPerWake = 64;
/// The most a UDP datagram over IPv4 carries.
inline constexpr std::size_t kMaxDatagram = 65507;

/// Opens, tunes and binds; the error names the address.
Result<NativeSocket> openBoundUdp(const UdpParams& params);

/// The batch's payload size a datagram, never zero.
inline std::size_t segmentOf(const DatagramBatch& batch) noexcept {
  return std::max<std::size_t>(1, batch.segmentSize == 0 ? batch.bytes.size() : batch.segmentSize);
}

class UdpSocketBase : public UdpSocket, public PollWatcher::Handler {
 public:
  UdpSocketBase(EventLoop& loop, NativeSocket socket, const UdpParams& params, UdpSocket::Handler& handler);
  ~UdpSocketBase() override;

  [[nodiscard]] SocketAddress localAddress() const override { return m_local; }
  [[nodiscard]] const UdpCounters& counters() const noexcept override { return m_counters; }
  [[nodiscard]] std::size_t receiveBuffer() const noexcept override { return receiveBufferOf(m_socket); }
  [[nodiscard]] int watchError() const noexcept { return m_watcher.error(); }
  void onReady(Readiness readiness) override;

 protected:
  enum class Received : std::uint8_t { MaybeMore, Drained, Gone };
  /// Reads once and delivers what came. Gone: the handler destroyed the socket.
  virtual Received receiveOnce(std::size_t budget, std::size_t& taken) = 0;
  /// Calls the handler; false when that destroyed this object.
  bool deliver(std::span<const ReceivedDatagram> datagrams);
  /// Tells the handler; false when that destroyed this object.
  bool refused(const SocketAddress& peer);
  /// Handles a failed receive: counts an ICMP message, or reports that the socket has failed.
  Received receiveFailed(int error);
  /// The outcome of a failed send of which `sent` bytes had left before.
  SendResult sendFailed(int error, std::size_t sent);

  EventLoop& m_loop;
  NativeSocket m_socket;
  SocketAddress m_local;
  UdpCounters m_counters;

 private:
  UdpSocket::Handler& m_handler;
  Duration m_timePerWake;
  PollWatcher m_watcher;  // goes before m_socket
  bool m_blocked = false;
  bool m_failed = false;
  bool* m_alive = nullptr;
};

}  // namespace adit::net
