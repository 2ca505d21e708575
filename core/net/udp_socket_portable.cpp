// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include "core/net/udp_socket_base.h"

namespace adit::net {

namespace {

/// Datagrams handed over at once.
constexpr std::size_t kBatch = 16;

/// One system call per datagram. It cannot tell ECN marks nor, when bound to a wildcard address, to which
/// address a datagram was sent.
class PortableUdpSocket final : public UdpSocketBase {
 public:
  using UdpSocketBase::UdpSocketBase;

  [[nodiscard]] std::size_t maxSegments() const noexcept override { return 1; }

  SendResult send(const DatagramBatch& batch) override {
    std::size_t sent = 0;
    do {
      const std::size_t size = std::min(segmentOf(batch), batch.bytes.size() - sent);
      ++m_counters.sendCalls;
      const IoCount result = sendTo(m_socket, batch.bytes.subspan(sent, size), *batch.peer);
      if (result.error != 0) return sendFailed(result.error, sent);
      sent += size;
      ++m_counters.datagramsOut;
      m_counters.bytesOut += size;
    } while (sent < batch.bytes.size());
    return {SendOutcome::Sent, sent, 0};
  }

 private:
  Received receiveOnce(std::size_t budget, std::size_t& taken) override {
    std::array<ReceivedDatagram, kBatch> datagrams;
    std::size_t filled = 0;
    int error = 0;
    while (taken < std::min(budget, kBatch) && error == 0) {
      const std::span<std::uint8_t> room(m_buffer.data() + filled, kMaxDatagram);
      ++m_counters.receiveCalls;
      const IoCount result = receiveFrom(m_socket, room, m_peers[taken]);
      error = result.error;
      if (error != 0) break;
      datagrams[taken] = {&m_peers[taken], &m_local, Ecn::NotEct, room.first(result.count)};
      filled += result.count;
      ++taken;
      if (m_buffer.size() - filled < kMaxDatagram)
        break;  // the buffer takes many small or few large datagrams
    }
    if (taken > 0 && !deliver({datagrams.data(), taken})) return Received::Gone;
    return error == 0 ? Received::MaybeMore : receiveFailed(error);
  }

  std::array<SocketAddress, kBatch> m_peers;
  std::vector<std::uint8_t> m_buffer = std::vector<std::uint8_t>(2 * kMaxDatagram);
};

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::openPortable(EventLoop& loop, const UdpParams& params,
                                                           Handler& handler) {
  Result<NativeSocket> socket = openBoundUdp(params);
  if (!socket) return fail(socket.error());
  auto udp = std::make_unique<PortableUdpSocket>(loop, std::move(*socket), params, handler);
  if (udp->watchError() != 0) return fail(socketError(udp->watchError(), "cannot watch", params.bind));
  return udp;
}

}  // namespace adit::net
