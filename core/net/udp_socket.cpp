// SPDX-License-Identifier: Apache-2.0
#include "core/net/udp_socket.h"

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "core/base/log.h"
#include "core/net/udp_socket_base.h"

namespace adit::net {

Result<NativeSocket> openBoundUdp(const UdpParams& params) {
  const SocketAddress& address = params.bind;
  Result<NativeSocket> socket = openSocket(address.family(), SocketType::Datagram);
  if (!socket) return socket;
  const auto refuse = [&](int error) {
    return fail(socketError(error, "cannot bind UDP socket to", address));
  };
  if (params.reusePort) {
    if (const int error = setReusePort(*socket); error != 0) return refuse(error);
  }
  if (address.family() == AddressFamily::Ipv6 && address.isUnspecified()) setDualStack(*socket);
  setDontFragment(*socket, address.family());
  const std::size_t granted = setBufferSizes(*socket, params.bufferBytes);
  // Log it once per process: the system's setting is the same for every worker.
  static std::atomic<bool> said{false};
  if (granted < params.bufferBytes && !said.exchange(true, std::memory_order_relaxed)) {
    logInfo("net",
            "the system grants socket buffers of {} KiB instead of {} KiB (net.core.rmem_max, wmem_max)",
            granted / 1024, params.bufferBytes / 1024);
  }
  if (const int error = bindSocket(*socket, address); error != 0) return refuse(error);
  return socket;
}

UdpSocketBase::UdpSocketBase(EventLoop& loop, NativeSocket socket, const UdpParams& params,
                             UdpSocket::Handler& handler)
    : m_loop(loop),
      m_socket(std::move(socket)),
      m_local(localAddressOf(m_socket)),
      m_handler(handler),
      m_timePerWake(params.timePerWake),
      m_watcher(loop, m_socket.get(), *this) {
  m_watcher.watch(Readiness::Readable);
}

UdpSocketBase::~UdpSocketBase() {
  if (m_alive != nullptr) *m_alive = false;
}

bool UdpSocketBase::deliver(std::span<const ReceivedDatagram> datagrams) {
  std::size_t bytes = 0;
  for (const ReceivedDatagram& datagram : datagrams) bytes += datagram.payload.size();
  m_counters.datagramsIn += datagrams.size();
  m_counters.bytesIn += bytes;
  m_loop.noteWork(bytes);
  bool alive = true;
  m_alive = &alive;
  m_handler.onDatagrams(datagrams);
  if (alive) m_alive = nullptr;
  return alive;
}

bool UdpSocketBase::refused(const SocketAddress& peer) {
  m_loop.noteWork();
  bool alive = true;
  m_alive = &alive;
  m_handler.onRefused(peer);
  if (alive) m_alive = nullptr;
  return alive;
}

void UdpSocketBase::onReady(Readiness readiness) {
  if (m_failed) return;
  if (contains(readiness, Readiness::Readable)) {
    std::size_t budget = kDatagramsPerWake;
    Received state = Received::MaybeMore;
    const Timestamp end = MonotonicClock::now() + m_timePerWake;
    do {
      std::size_t taken = 0;
      state = receiveOnce(budget, taken);
      budget -= std::min(budget, std::max<std::size_t>(taken, 1));
    } while (state == Received::MaybeMore && budget > 0 && MonotonicClock::now() < end);
    if (state == Received::Gone) return;
  }
  if (m_blocked && contains(readiness, Readiness::Writable)) {
    m_blocked = false;
    m_watcher.watch(Readiness::Readable);
    m_handler.onWritable();
  }
}

UdpSocketBase::Received UdpSocketBase::receiveFailed(int error) {
  if (wouldBlock(error)) return Received::Drained;
  switch (error) {
    case EBADF:
    case ENOTSOCK:
    case EINVAL:
    case EFAULT:
    case ENETDOWN:
    case ENODEV:
      m_failed = true;
      m_watcher.watch(Readiness::None);
      m_handler.onSocketError(socketError(error, "the UDP socket failed:", m_local));
      return Received::Gone;
    case ENOMEM:
    case ENOBUFS:
      return Received::Drained;  // a shortage for now; the socket stays ready
    default:
      ++m_counters.receiveErrors;
      return Received::MaybeMore;
  }
}

SendResult UdpSocketBase::sendFailed(int error, std::size_t sent) {
  if (wouldBlock(error)) {
    m_blocked = true;
    m_watcher.watch(Readiness::Both);
    return {SendOutcome::Blocked, sent, 0};
  }
  ++m_counters.sendErrors;
  if (error == EMSGSIZE) return {SendOutcome::TooLarge, sent, error};
  return {SendOutcome::Failed, sent, error};
}

#if !defined(__linux__) || defined(ADIT_PORTABLE)
Result<std::unique_ptr<UdpSocket>> UdpSocket::open(EventLoop& loop, const UdpParams& params,
                                                   Handler& handler) {
  return openPortable(loop, params, handler);
}
#endif

}  // namespace adit::net
