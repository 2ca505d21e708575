// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "core/base/log.h"
#include "core/net/udp_socket_base.h"

namespace adit::net {

namespace {

/// Messages per recvmmsg. A call that returns fewer has emptied the socket, which saves another call.
constexpr std::size_t kMessages = 16;
/// Messages per call while they are large on average: more would take long to process (timePerWake).
constexpr std::size_t kBulkMessages = 4;
constexpr std::size_t kLargeMessage = 16 * 1024;
constexpr std::size_t kMessageBytes = 64 * 1024;
/// The kernel's limit on segments in one send (UDP_MAX_SEGMENTS of the oldest kernels in use).
constexpr std::size_t kMaxSegments = 64;
/// Room for the control messages of one datagram: address, ECN and segment size.
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +
                                      CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(in_pktinfo));

/// Room for the control messages of one ICMP error: those of any datagram, what happened, and who said so.
constexpr std::size_t kErrorBytes =
    kControlBytes + CMSG_SPACE(sizeof(sock_extended_err) + sizeof(sockaddr_in6));

/// Memory that is not resident until it is written: a quiet socket touches one message's buffer only.
class ReceiveBuffers {
 public:
  ReceiveBuffers() {
    void* area =
        mmap(nullptr, kMessages * kMessageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m_area = area == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(area);
  }
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
  ~ReceiveBuffers() {
    if (m_area != nullptr) munmap(m_area, kMessages * kMessageBytes);
  }
  [[nodiscard]] bool exist() const noexcept { return m_area != nullptr; }
  [[nodiscard]] std::uint8_t* at(std::size_t message) const noexcept {
    return m_area + message * kMessageBytes;
  }

 private:
  std::uint8_t* m_area = nullptr;
};

/// Appends control messages to a zeroed buffer.
class ControlWriter {
 public:
  explicit ControlWriter(msghdr& header) noexcept : m_header(header), m_next(CMSG_FIRSTHDR(&header)) {}
  template <typename T>
  void add(int level, int type, const T& value) noexcept {
    m_next->cmsg_level = level;
    m_next->cmsg_type = type;
    m_next->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(m_next), &value, sizeof value);
    m_used += CMSG_SPACE(sizeof value);
    m_next = CMSG_NXTHDR(&m_header, m_next);
  }
  void finish() noexcept {
    m_header.msg_controllen = m_used;
    if (m_used == 0) m_header.msg_control = nullptr;
  }

 private:
  msghdr& m_header;
  cmsghdr* m_next;
  std::size_t m_used = 0;
};

template <typename T>
T controlValue(cmsghdr* control) noexcept {
  T value{};
  std::memcpy(&value, CMSG_DATA(control), sizeof value);
  return value;
}

class LinuxUdpSocket final : public UdpSocketBase {
 public:
  LinuxUdpSocket(EventLoop& loop, NativeSocket socket, const UdpParams& params, UdpSocket::Handler& handler)
      : UdpSocketBase(loop, std::move(socket), params, handler),
        m_wildcard(m_local.isUnspecified()),
        m_tellsRefusals(params.tellsRefusals) {
    const int on = 1;
    const int fd = static_cast<int>(m_socket.get());
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    // An IPv6 socket that also serves IPv4 takes both kinds.
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    if (m_local.family() == AddressFamily::Ipv6)
      setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
    if (m_wildcard && m_local.family() == AddressFamily::Ipv4)
      setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (m_wildcard && m_local.family() == AddressFamily::Ipv6) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    }
    if (m_tellsRefusals) {
      setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
      if (m_local.family() == AddressFamily::Ipv6) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    }
    for (std::size_t i = 0; i < kMessages; ++i) {
      m_vectors[i] = {m_buffers.at(i), kMessageBytes};
      msghdr& header = m_messages[i].msg_hdr;
      header.msg_name = &m_names[i];
      header.msg_iov = &m_vectors[i];
      header.msg_iovlen = 1;
    }
    m_datagrams.reserve(kMaxSegments);
  }

  [[nodiscard]] bool hasBuffers() const noexcept { return m_buffers.exist(); }
  [[nodiscard]] std::size_t maxSegments() const noexcept override {
    return m_segmentation ? kMaxSegments : 1;
  }

  SendResult send(const DatagramBatch& batch) override {
    const std::size_t segment = segmentOf(batch);
    const std::size_t segments = std::min(kMaxSegments, kMaxDatagram / segment);
    std::size_t sent = 0;
    do {
      const bool offload = m_segmentation && segments > 1;
      const std::size_t size = std::min(batch.bytes.size() - sent, segment * (offload ? segments : 1));
      const int error = sendOnce(batch, batch.bytes.subspan(sent, size), segment);
      if (error == 0) {
        sent += size;
        continue;
      }
      if (size <= segment || (error != EIO && error != EINVAL && error != EOPNOTSUPP)) {
        return sendFailed(error, sent);
      }
      // Either there is no offload here, or (older kernels) a segment is larger than the path allows. Sending
      // one datagram alone tells which.
      if (const int single = sendOnce(batch, batch.bytes.subspan(sent, segment), segment); single != 0) {
        return sendFailed(single, sent);
      }
      sent += segment;
      m_segmentation = false;
      logInfo("net", "no UDP segmentation offload on {}: datagrams are sent one by one", m_local.toString());
    } while (sent < batch.bytes.size());
    return {SendOutcome::Sent, sent, 0};
  }

 private:
  /// One sendmsg of one or more segments: 0 or errno.
  int sendOnce(const DatagramBatch& batch, ByteView bytes, std::size_t segment) noexcept {
    alignas(cmsghdr) std::array<std::uint8_t, kControlBytes> control{};
    // sendmsg does not modify them, but its structures have no const.
    iovec vector{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_name = const_cast<sockaddr*>(batch.peer->native());
    header.msg_namelen = batch.peer->nativeLength();
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ControlWriter writer(header);
    const bool four = batch.peer->ipBytes().size() == 4;
    if (bytes.size() > segment) writer.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment));
    if (batch.ecn != Ecn::NotEct) {
      const int mark = static_cast<int>(batch.ecn);
      if (four) {
        writer.add(IPPROTO_IP, IP_TOS, mark);
      } else {
        writer.add(IPPROTO_IPV6, IPV6_TCLASS, mark);
      }
    }
    if (batch.local != nullptr && m_wildcard && !batch.local->isUnspecified())
      addSource(writer, *batch.local);
    writer.finish();
    ++m_counters.sendCalls;
    // A second try: an ICMP error of an earlier datagram may be reported in this one's place.
    int error = 0;
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (::sendmsg(static_cast<int>(m_socket.get()), &header, MSG_NOSIGNAL) >= 0) {
        m_counters.datagramsOut += std::max<std::size_t>(1, (bytes.size() + segment - 1) / segment);
        m_counters.bytesOut += bytes.size();
        return 0;
      }
      error = errno;
      const bool ofAnother = m_tellsRefusals && !wouldBlock(error);
      if (error != ECONNREFUSED && error != EINTR && !ofAnother) break;
    }
    return error;
  }

  /// Sends from the address to which the peer had sent.
  void addSource(ControlWriter& writer, const SocketAddress& local) const noexcept {
    const std::string_view ip = local.ipBytes();
    if (local.family() == AddressFamily::Ipv6) {
      in6_pktinfo info{};
      sockaddr_in6 native{};
      std::memcpy(&native, local.native(), sizeof native);
      info.ipi6_addr = native.sin6_addr;
      info.ipi6_ifindex = native.sin6_scope_id;
      writer.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else if (ip.size() == 4) {
      in_pktinfo info{};
      std::memcpy(&info.ipi_spec_dst, ip.data(), ip.size());
      writer.add(IPPROTO_IP, IP_PKTINFO, info);
    }
  }

  Received receiveOnce(std::size_t budget, std::size_t& taken) override {
    const std::size_t asked = std::min(budget, m_bulk ? kBulkMessages : kMessages);
    for (std::size_t i = 0; i < asked; ++i) {
      msghdr& header = m_messages[i].msg_hdr;
      header.msg_namelen = sizeof m_names[i];
      header.msg_control = m_controls[i].data();
      header.msg_controllen = m_controls[i].size();
    }
    ++m_counters.receiveCalls;
    const int count = recvmmsg(static_cast<int>(m_socket.get()), m_messages.data(),
                               static_cast<unsigned>(asked), MSG_DONTWAIT, nullptr);
    if (count < 0) {
      const int error = errno;
      if (error == EINTR) return Received::MaybeMore;
      // An error that a send has reported is still in the queue, and keeps the socket ready until it is read.
      if (m_tellsRefusals && !takeErrors()) return Received::Gone;
      return receiveFailed(error);
    }
    taken = static_cast<std::size_t>(count);
    m_datagrams.clear();
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < taken; ++i) {
      bytes += m_messages[i].msg_len;
      split(i);
    }
    m_bulk = bytes >= taken * kLargeMessage;
    if (!m_datagrams.empty() && !deliver(m_datagrams)) return Received::Gone;
    return taken == asked ? Received::MaybeMore : Received::Drained;
  }

  static bool isRefusal(msghdr& header) noexcept {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
      if (!(control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) &&
          !(control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR))
        continue;
      const auto error = controlValue<sock_extended_err>(control);
      const bool icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      return icmp && error.ee_errno == ECONNREFUSED;
    }
    return false;
  }

  /// Empties the queue of ICMP errors. False when a handler destroyed this object.
  bool takeErrors() {
    for (std::size_t i = 0; i < kMessages; ++i) {
      sockaddr_storage name{};
      alignas(cmsghdr) std::array<std::uint8_t, kErrorBytes> control{};
      msghdr header{};
      header.msg_name = &name;
      header.msg_namelen = sizeof name;
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      if (recvmsg(static_cast<int>(m_socket.get()), &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return true;
      ++m_counters.receiveErrors;
      if (header.msg_namelen == 0 || !isRefusal(header)) continue;
      if (!refused(SocketAddress::fromNative(reinterpret_cast<const sockaddr*>(&name), header.msg_namelen)))
        return false;
    }
    return true;
  }

  /// Turns message `i` into datagrams: several where the kernel joined them.
  void split(std::size_t i) {
    msghdr& header = m_messages[i].msg_hdr;
    if ((header.msg_flags & MSG_TRUNC) != 0) return;  // larger than a UDP datagram can be
    m_peers[i] =
        SocketAddress::fromNative(reinterpret_cast<const sockaddr*>(&m_names[i]), header.msg_namelen);
    ReceivedDatagram datagram{&m_peers[i], &m_local, Ecn::NotEct, {}};
    std::size_t segment = m_messages[i].msg_len;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
      readControl(control, i, datagram, segment);
    }
    ByteView rest(m_buffers.at(i), m_messages[i].msg_len);
    do {
      datagram.payload = rest.first(std::min(segment, rest.size()));
      m_datagrams.push_back(datagram);
      rest = rest.subspan(datagram.payload.size());
    } while (!rest.empty());
  }

  void readControl(cmsghdr* control, std::size_t i, ReceivedDatagram& datagram, std::size_t& segment) {
    if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
      segment = static_cast<std::size_t>(std::max(1, controlValue<int>(control)));
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_TOS) {
      datagram.ecn = static_cast<Ecn>(controlValue<std::uint8_t>(control) & 3);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_TCLASS) {
      datagram.ecn = static_cast<Ecn>(controlValue<int>(control) & 3);
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      std::array<std::uint8_t, 4> bytes{};
      const auto info = controlValue<in_pktinfo>(control);
      std::memcpy(bytes.data(), &info.ipi_addr, bytes.size());
      m_locals[i] = SocketAddress::fromIpv4(bytes, m_local.port());
      datagram.local = &m_locals[i];
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      std::array<std::uint8_t, 16> bytes{};
      const auto info = controlValue<in6_pktinfo>(control);
      std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
      const bool linkLocal = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
      m_locals[i] = SocketAddress::fromIpv6(bytes, m_local.port(), linkLocal ? info.ipi6_ifindex : 0);
      datagram.local = &m_locals[i];
    }
  }

  bool m_wildcard;
  bool m_tellsRefusals;
  bool m_segmentation = true;
  bool m_bulk = false;  ///< The last messages were large.
  ReceiveBuffers m_buffers;
  std::array<mmsghdr, kMessages> m_messages{};
  std::array<iovec, kMessages> m_vectors{};
  std::array<sockaddr_storage, kMessages> m_names{};
  struct alignas(cmsghdr) Control : std::array<std::uint8_t, kControlBytes> {};
  std::array<Control, kMessages> m_controls{};
  std::array<SocketAddress, kMessages> m_peers;
  std::array<SocketAddress, kMessages> m_locals;
  std::vector<ReceivedDatagram> m_datagrams;
};

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(EventLoop& loop, const UdpParams& params,
                                                   Handler& handler) {
  Result<NativeSocket> socket = openBoundUdp(params);
  if (!socket) return fail(socket.error());
  auto udp = std::make_unique<LinuxUdpSocket>(loop, std::move(*socket), params, handler);
  if (udp->watchError() != 0) return fail(socketError(udp->watchError(), "cannot watch", params.bind));
  if (!udp->hasBuffers()) return fail(systemError(ENOMEM, "cannot allocate receive buffers"));
  return udp;
}

}  // namespace adit::net
