// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>

#include "core/net/native_socket.h"
#include "core/net/socket_headers.h"
#include "core/net/stream_socket.h"

namespace adit::net {

namespace {

SOCKET handleOf(const NativeSocket& socket) noexcept { return static_cast<SOCKET>(socket.get()); }

/// Translates Winsock's error numbers to the errno values that the rest of the engine uses.
int toErrno(int code) noexcept {
  switch (code) {
    case 0:
      return 0;
    case WSAEWOULDBLOCK:
      return EAGAIN;
    case WSAEINPROGRESS:
      return EINPROGRESS;
    case WSAEINTR:
      return EINTR;
    case WSAEACCES:
      return EACCES;
    case WSAEADDRINUSE:
      return EADDRINUSE;
    case WSAEADDRNOTAVAIL:
      return EADDRNOTAVAIL;
    case WSAECONNREFUSED:
      return ECONNREFUSED;
    case WSAECONNRESET:
    case WSAENETRESET:
    case WSAEDISCON:
      return ECONNRESET;
    case WSAECONNABORTED:
      return ECONNABORTED;
    case WSAESHUTDOWN:
      return EPIPE;
    case WSAETIMEDOUT:
      return ETIMEDOUT;
    case WSAEHOSTUNREACH:
    case WSAEHOSTDOWN:
      return EHOSTUNREACH;
    case WSAENETUNREACH:
      return ENETUNREACH;
    case WSAENETDOWN:
      return ENETDOWN;
    case WSAEMSGSIZE:
      return EMSGSIZE;
    case WSAEMFILE:
      return EMFILE;
    case WSAENOBUFS:
      return ENOBUFS;
    case WSAENOTSOCK:
      return ENOTSOCK;
    case WSAENOTCONN:
      return ENOTCONN;
    case WSAEINVAL:
      return EINVAL;
    case WSAEAFNOSUPPORT:
      return EAFNOSUPPORT;
    case WSAEOPNOTSUPP:
      return EOPNOTSUPP;
    default:
      return EIO;
  }
}
int lastError() noexcept { return toErrno(WSAGetLastError()); }

/// Winsock must be started once per process; it ends with the process.
void startWinsock() {
  static std::once_flag once;
  std::call_once(once, [] {
    WSADATA ignored;
    WSAStartup(MAKEWORD(2, 2), &ignored);
  });
}

int setOption(const NativeSocket& socket, int level, int name, int value) noexcept {
  const auto* bytes = reinterpret_cast<const char*>(&value);
  return setsockopt(handleOf(socket), level, name, bytes, sizeof value) == 0 ? 0 : lastError();
}

bool makeTame(SOCKET socket) noexcept {
  u_long on = 1;
  SetHandleInformation(reinterpret_cast<HANDLE>(socket), HANDLE_FLAG_INHERIT, 0);
  return ioctlsocket(socket, FIONBIO, &on) == 0;
}

template <typename Query>
SocketAddress askAddress(const NativeSocket& socket, Query query) noexcept {
  sockaddr_storage native{};
  int length = sizeof native;
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  if (query(handleOf(socket), generic, &length) != 0) return {};
  return SocketAddress::fromNative(generic, static_cast<std::size_t>(length));
}

}  // namespace

void closeNativeSocket(std::uintptr_t nativeSocket) noexcept {
  if (nativeSocket != kNoSocket) ::closesocket(static_cast<SOCKET>(nativeSocket));
}

Result<NativeSocket> openSocket(AddressFamily family, SocketType type) {
  startWinsock();
  const int nativeType = type == SocketType::Stream ? SOCK_STREAM : SOCK_DGRAM;
  const SOCKET socket = WSASocketW(nativeFamily(family), nativeType, 0, nullptr, 0,
                                   WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (socket == INVALID_SOCKET) return fail(systemError(lastError(), "cannot create a socket"));
  NativeSocket owned(static_cast<std::uintptr_t>(socket));
  if (!makeTame(socket)) return fail(systemError(lastError(), "cannot make a socket non-blocking"));
  // Other users' processes must not be able to bind to the same port.
  if (type == SocketType::Stream) setOption(owned, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
  return owned;
}

int bindSocket(const NativeSocket& socket, const SocketAddress& address) noexcept {
  return ::bind(handleOf(socket), address.native(), static_cast<int>(address.nativeLength())) == 0
             ? 0
             : lastError();
}

int listenSocket(const NativeSocket& socket, int backlog) noexcept {
  return ::listen(handleOf(socket), backlog) == 0 ? 0 : lastError();
}

int connectSocket(const NativeSocket& socket, const SocketAddress& address) noexcept {
  if (::connect(handleOf(socket), address.native(), static_cast<int>(address.nativeLength())) == 0) return 0;
  const int error = lastError();
  return wouldBlock(error) ? EINPROGRESS : error;
}

int acceptSocket(const NativeSocket& listener, NativeSocket& accepted, SocketAddress& peer) noexcept {
  sockaddr_storage native{};
  int length = sizeof native;
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  const SOCKET socket = ::accept(handleOf(listener), generic, &length);
  if (socket == INVALID_SOCKET) return lastError();
  accepted.reset(static_cast<std::uintptr_t>(socket));
  makeTame(socket);
  peer = SocketAddress::fromNative(generic, static_cast<std::size_t>(length));
  return 0;
}

IoCount receiveBytes(const NativeSocket& socket, std::span<std::uint8_t> room) noexcept {
  const std::array rooms{room};
  return receiveScattered(socket, rooms);
}

IoCount receiveScattered(const NativeSocket& socket,
                         std::span<const std::span<std::uint8_t>> rooms) noexcept {
  std::array<WSABUF, kMaxPieces> buffers;
  const std::size_t count = std::min(rooms.size(), buffers.size());
  for (std::size_t i = 0; i < count; ++i) {
    buffers[i] = {static_cast<ULONG>(rooms[i].size()), reinterpret_cast<char*>(rooms[i].data())};
  }
  DWORD received = 0;
  DWORD flags = 0;
  if (WSARecv(handleOf(socket), buffers.data(), static_cast<DWORD>(count), &received, &flags, nullptr,
              nullptr) != 0) {
    return {0, lastError()};
  }
  return {received, 0};
}

IoCount sendGathered(const NativeSocket& socket, std::span<const ByteView> pieces) noexcept {
  std::array<WSABUF, kMaxPieces> buffers;
  const std::size_t count = std::min(pieces.size(), buffers.size());
  for (std::size_t i = 0; i < count; ++i) {
    // WSABUF serves both directions and has no const; WSASend does not write.
    auto* bytes = const_cast<std::uint8_t*>(pieces[i].data());
    buffers[i] = {static_cast<ULONG>(pieces[i].size()), reinterpret_cast<char*>(bytes)};
  }
  DWORD sent = 0;
  if (WSASend(handleOf(socket), buffers.data(), static_cast<DWORD>(count), &sent, 0, nullptr, nullptr) != 0) {
    return {0, lastError()};
  }
  return {sent, 0};
}

IoCount receiveFrom(const NativeSocket& socket, std::span<std::uint8_t> room, SocketAddress& peer) noexcept {
  sockaddr_storage native{};
  int length = sizeof native;
  auto* generic = reinterpret_cast<sockaddr*>(&native);
  const int count = ::recvfrom(handleOf(socket), reinterpret_cast<char*>(room.data()),
                               static_cast<int>(room.size()), 0, generic, &length);
  if (count < 0) return {0, lastError()};
  peer = SocketAddress::fromNative(generic, static_cast<std::size_t>(length));
  return {static_cast<std::size_t>(count), 0};
}

IoCount sendTo(const NativeSocket& socket, ByteView bytes, const SocketAddress& peer) noexcept {
  const int count =
      ::sendto(handleOf(socket), reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()),
               0, peer.native(), static_cast<int>(peer.nativeLength()));
  if (count < 0) return {0, lastError()};
  return {static_cast<std::size_t>(count), 0};
}

int pendingError(const NativeSocket& socket) noexcept {
  int error = 0;
  int length = sizeof error;
  if (getsockopt(handleOf(socket), SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &length) != 0) {
    return lastError();
  }
  return toErrno(error);
}

void shutdownSending(const NativeSocket& socket) noexcept { ::shutdown(handleOf(socket), SD_SEND); }

void setAbortOnClose(const NativeSocket& socket) noexcept {
  const linger now{1, 0};
  setsockopt(handleOf(socket), SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&now), sizeof now);
}

void setNoDelay(const NativeSocket& socket) noexcept { setOption(socket, IPPROTO_TCP, TCP_NODELAY, 1); }

// Windows lets a port in TIME_WAIT be bound again anyway, and SO_REUSEADDR would let anybody take a port in
// use.
void setReuseAddress(const NativeSocket&) noexcept {}
int setReusePort(const NativeSocket&) noexcept { return EOPNOTSUPP; }

void setDualStack(const NativeSocket& socket) noexcept { setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0); }

void setDontFragment(const NativeSocket& socket, AddressFamily family) noexcept {
  setOption(socket, IPPROTO_IP, IP_DONTFRAGMENT, 1);
  if (family == AddressFamily::Ipv6) setOption(socket, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
}

namespace {

std::size_t bufferOf(const NativeSocket& socket, int name) noexcept {
  int got = 0;
  int length = sizeof got;
  getsockopt(handleOf(socket), SOL_SOCKET, name, reinterpret_cast<char*>(&got), &length);
  return static_cast<std::size_t>(std::max(got, 0));
}

}  // namespace

std::size_t receiveBufferOf(const NativeSocket& socket) noexcept { return bufferOf(socket, SO_RCVBUF); }

std::size_t setBufferSizes(const NativeSocket& socket, std::size_t bytes) noexcept {
  const int wanted = static_cast<int>(std::min<std::size_t>(bytes, 1U << 30));
  std::size_t granted = bytes;
  for (const int name : {SO_RCVBUF, SO_SNDBUF}) {
    setOption(socket, SOL_SOCKET, name, wanted);
    granted = std::min(granted, bufferOf(socket, name));
  }
  return granted;
}

std::optional<std::size_t> undeliveredBytes(const NativeSocket&) noexcept { return std::nullopt; }

SocketAddress localAddressOf(const NativeSocket& socket) noexcept { return askAddress(socket, &getsockname); }
SocketAddress peerAddressOf(const NativeSocket& socket) noexcept { return askAddress(socket, &getpeername); }

std::size_t raiseDescriptorLimit() noexcept { return std::numeric_limits<std::size_t>::max(); }

}  // namespace adit::net
