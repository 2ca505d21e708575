// SPDX-License-Identifier: Apache-2.0
// grpc_origin: a gRPC server of one method, for benchmarks: HTTP/2 by prior knowledge, and every unary call
// is answered with its own message, as head, content and trailers with grpc-status. What is no gRPC (no POST,
// no content-type, no TE, a message that is not whole) gets 400, so that a relay that spoils something is
// noticed; GET says how many calls were answered well. Prints "port N". Linux, one thread; trusts whoever
// connects.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::size_t kPrefix = 5;  // a flag and the length (gRPC over HTTP/2, "Length-Prefixed-Message")
constexpr std::size_t kMostMessage = 1 << 20;

std::uint64_t g_calls = 0;

nghttp2_nv pair(std::string_view name, std::string_view value) {
  // The library only reads them; it declares them without const.
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

struct Call {
  std::string message;
  std::size_t sent = 0;
  bool isPost = false, isGet = false, isGrpc = false, takesTrailers = false;

  [[nodiscard]] bool isSound() const {
    if (!isPost || !isGrpc || !takesTrailers || message.size() < kPrefix || message[0] != 0) return false;
    std::uint32_t length = 0;
    std::memcpy(&length, message.data() + 1, sizeof length);
    return ntohl(length) == message.size() - kPrefix;
  }
};

class Connection {
 public:
  explicit Connection(int fd) : m_fd(fd) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, onBegin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose);
    nghttp2_session_server_new(&m_session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const std::array<nghttp2_settings_entry, 1> settings{{{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}}};
    nghttp2_submit_settings(m_session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(m_session, NGHTTP2_FLAG_NONE, 0, 16 << 20);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    nghttp2_session_del(m_session);
    close(m_fd);
  }

  /// False: it is over.
  bool turn() {
    std::array<std::uint8_t, 65536> buffer;
    for (;;) {
      const ssize_t count = recv(m_fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (count == 0) return false;
      if (count < 0) {
        if (errno != EAGAIN) return false;
        break;
      }
      if (nghttp2_session_mem_recv(m_session, buffer.data(), static_cast<std::size_t>(count)) < 0)
        return false;
      if (static_cast<std::size_t>(count) < buffer.size()) break;
    }
    return write();
  }

 private:
  bool write() {
    for (;;) {
      while (m_out.size() < 65536) {
        const std::uint8_t* bytes = nullptr;
        const ssize_t count = nghttp2_session_mem_send(m_session, &bytes);
        if (count < 0) return false;
        if (count == 0) break;
        m_out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
      }
      if (m_out.empty()) return nghttp2_session_want_read(m_session) != 0;
      const ssize_t count = send(m_fd, m_out.data(), m_out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN;
      m_out.erase(0, static_cast<std::size_t>(count));
    }
  }
  Call* find(std::int32_t stream) const {
    return static_cast<Call*>(nghttp2_session_get_stream_user_data(m_session, stream));
  }

  static int onBegin(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto& self = *static_cast<Connection*>(user);
    auto& call = self.m_calls[frame->hd.stream_id];
    call = std::make_unique<Call>();
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call.get());
    return 0;
  }
  static int onHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t nameSize, const std::uint8_t* value, std::size_t valueSize, std::uint8_t,
                      void* user) {
    Call* call = static_cast<Connection*>(user)->find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view field(reinterpret_cast<const char*>(name), nameSize);
    const std::string_view text(reinterpret_cast<const char*>(value), valueSize);
    if (field == ":method") {
      call->isPost = text == "POST";
      call->isGet = text == "GET";
    }
    if (field == "content-type") call->isGrpc = text == "application/grpc";
    if (field == "te") call->takesTrailers = text == "trailers";
    return 0;
  }
  static int onData(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                    std::size_t size, void* user) {
    Call* call = static_cast<Connection*>(user)->find(stream);
    if (call == nullptr) return 0;
    if (call->message.size() + size > kMostMessage) return NGHTTP2_ERR_CALLBACK_FAILURE;
    call->message.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int onFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
      return 0;
    Call* call = static_cast<Connection*>(user)->find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    if (call->isGet) call->message = std::to_string(g_calls);
    if (!call->isGet && !call->isSound()) {
      const std::array<nghttp2_nv, 1> head{pair(":status", "400")};
      return nghttp2_submit_response(session, frame->hd.stream_id, head.data(), head.size(), nullptr);
    }
    const std::array<nghttp2_nv, 2> head{pair(":status", "200"), pair("content-type", "application/grpc")};
    nghttp2_data_provider content{};
    content.source.ptr = call;
    content.read_callback = read;
    return nghttp2_submit_response(session, frame->hd.stream_id, head.data(), head.size(), &content);
  }
  static ssize_t read(nghttp2_session* session, std::int32_t stream, std::uint8_t* buffer, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Call& call = *static_cast<Call*>(source->ptr);
    const std::size_t count = std::min(size, call.message.size() - call.sent);
    std::memcpy(buffer, call.message.data() + call.sent, count);
    call.sent += count;
    if (call.sent == call.message.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (call.isGet) return static_cast<ssize_t>(count);
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::array<nghttp2_nv, 2> trailers{pair("grpc-status", "0"), pair("grpc-message", "")};
      if (nghttp2_submit_trailer(session, stream, trailers.data(), trailers.size()) != 0)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return static_cast<ssize_t>(count);
  }
  static int onClose(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
    auto& self = *static_cast<Connection*>(user);
    if (const Call* call = self.find(stream); call != nullptr && error == 0 && call->isSound()) ++g_calls;
    self.m_calls.erase(stream);
    return 0;
  }

  int m_fd;
  nghttp2_session* m_session = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Call>> m_calls;
  std::string m_out;
};

void watch(int poll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 128) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("listen");
    return 1;
  }
  std::printf("port %u\n", ntohs(address.sin_port));
  std::fflush(stdout);

  const int poll = epoll_create1(EPOLL_CLOEXEC);
  watch(poll, listener, EPOLLIN);
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  for (;;) {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        for (int peer; (peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
          const int on = 1;
          setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          connections[peer] = std::make_unique<Connection>(peer);
          watch(poll, peer, EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP);
          if (!connections[peer]->turn()) connections.erase(peer);
        }
      } else if (const auto found = connections.find(fd);
                 found != connections.end() && !found->second->turn()) {
        connections.erase(found);
      }
    }
  }
}
