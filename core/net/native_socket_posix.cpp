// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <limits>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/net/native_socket.h"
#include "core/net/socket_headers.h"
#include "core/net/stream_socket.h"

namespace adit::net {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // SO_NOSIGPIPE below
#endif

int descriptor(const NativeSocket& socket) noexcept { return static_cast<int>(socket.get()); }
NativeSocket own(int fd) noexcept { return NativeSocket(static_cast<std::uintptr_t>(fd)); }

int setOption(const NativeSocket& socket, int level, int name, int value) noexcept {
  return setsockopt(descriptor(socket), level, name, &value, sizeof value) == 0 ? 0 : errno;
}

template <typename Call>
IoCount transfer(Call call) noexcept {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0) return {static_cast<std::size_t>(count), 0};
    if (errno != EINTR) return {0, errno};
  }
}

/// For systems that cannot set these flags when they create the descriptor.
[[maybe_unused]] void makeTame(int fd) noexcept {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
#ifdef SO_NOSIGPIPE
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

}  // namespace

void closeNativeSocket(std::uintptr_t nativeSocket) noexcept {
  if (nativeSocket != kNoSocket) ::close(static_cast<int>(nativeSocket));
}

Result<NativeSocket> openSocket(AddressFamily family, SocketType type) {
  const int nativeType = type == SocketType::Stream ? SOCK_STREAM : SOCK_DGRAM;
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
  const int fd = ::socket(nativeFamily(family), nativeType | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
  const int fd = ::socket(nativeFamily(family), nativeType, 0);
  if (fd >= 0) makeTame(fd);
#endif
  if (fd < 0) return fail(systemError(errno, "cannot create a socket"));
  return own(fd);
}

int bindSocket(const NativeSocket& socket, const SocketAddress& address) noexcept {
  return ::bind(descriptor(socket), address.native(), address.nativeLength()) == 0 ? 0 : errno;
}

int listenSocket(const NativeSocket& socket, int backlog) noexcept {
  return ::listen(descriptor(socket), backlog) == 0 ? 0 : errno;
}

int connectSocket(const NativeSocket& socket, const SocketAddress& address) noexcept {
  if (::connect(descriptor(socket), address.native(), address.nativeLength()) == 0) return 0;
  // An interrupted connect goes on in the background.
  return errno == EINTR ? EINPROGRESS : errno;
}

int acceptSocket(const NativeSocket& listener, NativeSocket& accepted, SocketAddress& peer) noexcept {
  sockaddr_storage native{};
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  for (;;) {
    socklen_t length = sizeof native;
#ifdef SOCK_NONBLOCK
    const int fd = ::accept4(descriptor(listener), generic, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    const int fd = ::accept(descriptor(listener), generic, &length);
    if (fd >= 0) makeTame(fd);
#endif
    if (fd >= 0) {
      accepted = own(fd);
      peer = SocketAddress::fromNative(generic, length);
      return 0;
    }
    if (errno != EINTR) return errno;
  }
}

IoCount receiveBytes(const NativeSocket& socket, std::span<std::uint8_t> room) noexcept {
  return transfer([&] { return ::recv(descriptor(socket), room.data(), room.size(), 0); });
}

IoCount receiveScattered(const NativeSocket& socket,
                         std::span<const std::span<std::uint8_t>> rooms) noexcept {
  std::array<iovec, kMaxPieces> vectors;
  const std::size_t count = std::min(rooms.size(), vectors.size());
  for (std::size_t i = 0; i < count; ++i) vectors[i] = {rooms[i].data(), rooms[i].size()};
  return transfer([&] { return ::readv(descriptor(socket), vectors.data(), static_cast<int>(count)); });
}

IoCount sendGathered(const NativeSocket& socket, std::span<const ByteView> pieces) noexcept {
  if (pieces.size() == 1) {
    return transfer(
        [&] { return ::send(descriptor(socket), pieces[0].data(), pieces[0].size(), kSendFlags); });
  }
  std::array<iovec, kMaxPieces> vectors;
  msghdr message{};
  message.msg_iov = vectors.data();
  const std::size_t count = std::min(pieces.size(), vectors.size());
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
  // iovec serves both directions and has no const; sendmsg does not write.
  for (std::size_t i = 0; i < count; ++i)
    vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
  return transfer([&] { return ::sendmsg(descriptor(socket), &message, kSendFlags); });
}

IoCount receiveFrom(const NativeSocket& socket, std::span<std::uint8_t> room, SocketAddress& peer) noexcept {
  sockaddr_storage native{};
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  socklen_t length = 0;
  const IoCount result = transfer([&] {
    length = sizeof native;
    return ::recvfrom(descriptor(socket), room.data(), room.size(), 0, generic, &length);
  });
  if (result.error == 0) peer = SocketAddress::fromNative(generic, length);
  return result;
}

IoCount sendTo(const NativeSocket& socket, ByteView bytes, const SocketAddress& peer) noexcept {
  return transfer([&] {
    return ::sendto(descriptor(socket), bytes.data(), bytes.size(), kSendFlags, peer.native(),
                    peer.nativeLength());
  });
}

int pendingError(const NativeSocket& socket) noexcept {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(descriptor(socket), SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

void shutdownSending(const NativeSocket& socket) noexcept { ::shutdown(descriptor(socket), SHUT_WR); }

void setAbortOnClose(const NativeSocket& socket) noexcept {
  const linger now{1, 0};
  setsockopt(descriptor(socket), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void setNoDelay(const NativeSocket& socket) noexcept { setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1); }
void setReuseAddress(const NativeSocket& socket) noexcept { setOption(socket, SOL_SOCKET, SO_REUSEADDR, 1); }

int setReusePort(const NativeSocket& socket) noexcept {
#if defined(SO_REUSEPORT_LB)
  return setOption(socket, SOL_SOCKET, SO_REUSEPORT_LB, 1);
#elif defined(__linux__) && defined(SO_REUSEPORT)
  return setOption(socket, SOL_SOCKET, SO_REUSEPORT, 1);
#else
  // Elsewhere the last socket would get all connections, so refuse.
  static_cast<void>(socket);
  return EOPNOTSUPP;
#endif
}

void setDualStack(const NativeSocket& socket) noexcept { setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0); }

void setDontFragment(const NativeSocket& socket, AddressFamily family) noexcept {
#if defined(IP_PMTUDISC_PROBE)
  // Like DO, PROBE sets the DF bit, but it ignores ICMP messages about the path's MTU, which may be forged:
  // QUIC discovers the MTU itself.
  setOption(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  if (family == AddressFamily::Ipv6) setOption(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
#else
#ifdef IP_DONTFRAG
  setOption(socket, IPPROTO_IP, IP_DONTFRAG, 1);
#endif
#ifdef IPV6_DONTFRAG
  if (family == AddressFamily::Ipv6) setOption(socket, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
#endif
  static_cast<void>(family);
#endif
}

namespace {

std::size_t bufferOf(const NativeSocket& socket, int name) noexcept {
  int got = 0;
  socklen_t length = sizeof got;
  getsockopt(descriptor(socket), SOL_SOCKET, name, &got, &length);
#ifdef __linux__
  got /= 2;  // Linux counts its own bookkeeping, and reports twice what was asked for
#endif
  return static_cast<std::size_t>(std::max(got, 0));
}

}  // namespace

std::size_t receiveBufferOf(const NativeSocket& socket) noexcept { return bufferOf(socket, SO_RCVBUF); }

std::optional<std::size_t> undeliveredBytes(const NativeSocket& socket) noexcept {
  int count = 0;
#if defined(SO_NWRITE)
  socklen_t size = sizeof count;
  const int rv = getsockopt(descriptor(socket), SOL_SOCKET, SO_NWRITE, &count, &size);
#elif defined(FIONWRITE)
  const int rv = ioctl(descriptor(socket), FIONWRITE, &count);
#else
  const int rv = ioctl(descriptor(socket), TIOCOUTQ, &count);
#endif
  if (rv != 0 || count < 0) return std::nullopt;
  return static_cast<std::size_t>(count);
}

std::size_t setBufferSizes(const NativeSocket& socket, std::size_t bytes) noexcept {
  const int wanted = static_cast<int>(std::min<std::size_t>(bytes, 1U << 30));
  std::size_t granted = bytes;
  const auto ask = [&](int name, [[maybe_unused]] int forced) {
#ifdef SO_RCVBUFFORCE
    // Privileged processes may pass the system's limit.
    if (setOption(socket, SOL_SOCKET, forced, wanted) != 0)
#endif
      setOption(socket, SOL_SOCKET, name, wanted);
    granted = std::min(granted, bufferOf(socket, name));
  };
#ifdef SO_RCVBUFFORCE
  ask(SO_RCVBUF, SO_RCVBUFFORCE);
  ask(SO_SNDBUF, SO_SNDBUFFORCE);
#else
  ask(SO_RCVBUF, 0);
  ask(SO_SNDBUF, 0);
#endif
  return granted;
}

SocketAddress localAddressOf(const NativeSocket& socket) noexcept {
  sockaddr_storage native{};
  socklen_t length = sizeof native;
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  if (getsockname(descriptor(socket), generic, &length) != 0) return {};
  return SocketAddress::fromNative(generic, length);
}

SocketAddress peerAddressOf(const NativeSocket& socket) noexcept {
  sockaddr_storage native{};
  socklen_t length = sizeof native;
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  if (getpeername(descriptor(socket), generic, &length) != 0) return {};
  return SocketAddress::fromNative(generic, length);
}

std::size_t raiseDescriptorLimit() noexcept {
  constexpr auto kUnlimited = std::numeric_limits<std::size_t>::max();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnlimited;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur == RLIM_INFINITY ? kUnlimited : static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace adit::net
