// SPDX-License-Identifier: Apache-2.0
// delay_relay tcp|udp LISTEN:PORT TARGET:PORT DELAY_MS [LOSS SEED]: a long path on one machine. Whatever
// comes is passed on DELAY_MS later, in order, in both directions; of UDP, a share LOSS (0.001: one in a
// thousand) of the datagrams is dropped, each run of a seed the same way. It prints "port N" and runs until
// it is killed. For benchmarks: IPv4, Linux, one thread, one peer by UDP. Segments that the kernel joined
// (GRO) stay joined (GSO), so that it costs little.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Duration = std::chrono::nanoseconds;

constexpr std::size_t kPiece = 65536;
// What is on its way in one direction of a TCP connection: at 50 ms no bound below 1 GB/s.
constexpr std::size_t kMostUnderWay = 64 << 20;
constexpr int kSocketBuffer = 8 << 20;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in parse(const char* text) {
  const std::string all(text);
  const std::size_t colon = all.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == std::string::npos ||
      inet_pton(AF_INET, all.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    std::fprintf(stderr, "delay_relay: %s is no ADDRESS:PORT\n", text);
    std::exit(2);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(all.c_str() + colon + 1)));
  return address;
}

int openSocket(int type, const sockaddr_in& address, int (*use)(int, const sockaddr*, socklen_t)) {
  const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  if (use(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS)
    die("bind or connect");
  return fd;
}

void printPort(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("port %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
}

struct Piece {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t begin = 0, size = 0;
  std::uint16_t segment = 0;  ///< Of UDP: how the bytes are cut into datagrams.
  bool end = false;           ///< Of TCP: nothing follows.
  Clock::time_point due;
};

/// Buffers are used again: allocating them anew costs more than copying.
class Buffers {
 public:
  std::unique_ptr<std::uint8_t[]> take() {
    if (m_free.empty()) return std::unique_ptr<std::uint8_t[]>(new std::uint8_t[kPiece]);
    auto buffer = std::move(m_free.back());
    m_free.pop_back();
    return buffer;
  }
  void give(std::unique_ptr<std::uint8_t[]> buffer) { m_free.push_back(std::move(buffer)); }

 private:
  std::vector<std::unique_ptr<std::uint8_t[]>> m_free;
};

/// Something with a queue of its own that the loop serves.
class Flow {
 public:
  virtual ~Flow() = default;
  virtual void receive() = 0;
  /// Sends what is due.
  virtual void send(Clock::time_point now) = 0;
  /// When send() has something to do next.
  [[nodiscard]] virtual Clock::time_point due() const = 0;
  [[nodiscard]] virtual bool isOver() const { return false; }
};

struct Settings {
  Duration delay{};
  double loss = 0;
  Buffers buffers;
  std::mt19937_64 random;
};

/// One direction of a TCP connection.
class TcpFlow final : public Flow {
 public:
  TcpFlow(Settings& settings, int from, int to) : m_settings(settings), m_from(from), m_to(to) {}

  void receive() override {
    while (!m_ended && m_underWay < kMostUnderWay) {
      Piece piece;
      piece.bytes = m_settings.buffers.take();
      const ssize_t count = recv(m_from, piece.bytes.get(), kPiece, 0);
      if (count < 0 && errno == EAGAIN) {
        m_settings.buffers.give(std::move(piece.bytes));
        return;
      }
      piece.end = m_ended = count <= 0;
      piece.size = count > 0 ? static_cast<std::size_t>(count) : 0;
      piece.due = Clock::now() + m_settings.delay;
      m_underWay += piece.size;
      m_queue.push_back(std::move(piece));
    }
  }
  void send(Clock::time_point now) override {
    m_blocked = false;
    const bool wasFull = m_underWay >= kMostUnderWay;
    while (!m_queue.empty() && m_queue.front().due <= now) {
      Piece& piece = m_queue.front();
      if (piece.end) {
        shutdown(m_to, SHUT_WR);
        m_over = true;
        m_queue.clear();
        return;
      }
      const ssize_t count =
          ::send(m_to, piece.bytes.get() + piece.begin, piece.size - piece.begin, MSG_NOSIGNAL);
      if (count < 0) {
        m_blocked = errno == EAGAIN;
        if (m_blocked) break;
        m_over = m_ended = true;  // nobody listens any more
        shutdown(m_from, SHUT_RD);
        m_queue.clear();
        return;
      }
      piece.begin += static_cast<std::size_t>(count);
      m_underWay -= static_cast<std::size_t>(count);
      if (piece.begin < piece.size) continue;
      m_settings.buffers.give(std::move(piece.bytes));
      m_queue.pop_front();
    }
    if (wasFull) receive();
  }
  [[nodiscard]] Clock::time_point due() const override {
    return m_queue.empty() || m_blocked ? Clock::time_point::max() : m_queue.front().due;
  }
  [[nodiscard]] bool isOver() const override { return m_over; }

 private:
  Settings& m_settings;
  int m_from, m_to;
  std::deque<Piece> m_queue;
  std::size_t m_underWay = 0;
  bool m_ended = false, m_over = false, m_blocked = false;
};

/// One direction of a UDP path. The side in front of the client learns the client's address from what it
/// receives.
class UdpFlow final : public Flow {
 public:
  UdpFlow(Settings& settings, int from, int to, sockaddr_in& source, const sockaddr_in* destination)
      : m_settings(settings), m_from(from), m_to(to), m_source(source), m_destination(destination) {}

  void receive() override {
    for (;;) {
      Piece piece;
      piece.bytes = m_settings.buffers.take();
      iovec vector{piece.bytes.get(), kPiece};
      alignas(cmsghdr) char control[64];
      msghdr message{};
      message.msg_name = &m_source;
      message.msg_namelen = sizeof m_source;
      message.msg_iov = &vector;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      const ssize_t count = recvmsg(m_from, &message, 0);
      if (count < 0) {
        m_settings.buffers.give(std::move(piece.bytes));
        if (errno == ECONNREFUSED) continue;  // an answer to what was sent earlier
        return;
      }
      piece.size = static_cast<std::size_t>(count);
      piece.segment = static_cast<std::uint16_t>(count);
      for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
           header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_UDP || header->cmsg_type != UDP_GRO) continue;
        int segment = 0;
        std::memcpy(&segment, CMSG_DATA(header), sizeof segment);
        piece.segment = static_cast<std::uint16_t>(segment);
      }
      lose(piece);
      if (piece.size == 0) {
        m_settings.buffers.give(std::move(piece.bytes));
        continue;
      }
      piece.due = Clock::now() + m_settings.delay;
      m_queue.push_back(std::move(piece));
    }
  }
  void send(Clock::time_point now) override {
    while (!m_queue.empty() && m_queue.front().due <= now) {
      Piece& piece = m_queue.front();
      transmit(piece);
      m_settings.buffers.give(std::move(piece.bytes));
      m_queue.pop_front();
    }
  }
  [[nodiscard]] Clock::time_point due() const override {
    return m_queue.empty() ? Clock::time_point::max() : m_queue.front().due;
  }

 private:
  void lose(Piece& piece) {
    if (m_settings.loss <= 0) return;
    std::uniform_real_distribution<double> share(0, 1);
    std::size_t kept = 0;
    for (std::size_t at = 0; at < piece.size; at += piece.segment) {
      const std::size_t size = std::min<std::size_t>(piece.segment, piece.size - at);
      if (share(m_settings.random) < m_settings.loss) continue;
      std::memmove(piece.bytes.get() + kept, piece.bytes.get() + at, size);
      kept += size;
    }
    piece.size = kept;
  }
  void transmit(const Piece& piece) const {
    // What the kernel has no room for is lost, as on any path.
    iovec vector{piece.bytes.get(), piece.size};
    msghdr message{};
    if (m_destination != nullptr) {
      if (m_destination->sin_port == 0) return;
      message.msg_name = const_cast<sockaddr_in*>(m_destination);
      message.msg_namelen = sizeof *m_destination;
    }
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint16_t))] = {};
    if (piece.segment < piece.size) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN(sizeof piece.segment);
      std::memcpy(CMSG_DATA(header), &piece.segment, sizeof piece.segment);
    }
    sendmsg(m_to, &message, MSG_NOSIGNAL);
  }

  Settings& m_settings;
  int m_from, m_to;
  sockaddr_in& m_source;
  const sockaddr_in* m_destination;  ///< Null: the socket is connected.
  std::deque<Piece> m_queue;
};

/// Two descriptors and what flows between them.
struct Pair {
  int left, right;
  std::unique_ptr<Flow> toRight, toLeft;
};

int waitTime(const std::vector<std::unique_ptr<Pair>>& pairs) {
  Clock::time_point due = Clock::time_point::max();
  for (const auto& pair : pairs) due = std::min({due, pair->toRight->due(), pair->toLeft->due()});
  if (due == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

void watch(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.fd = fd;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

std::unique_ptr<Pair> acceptOne(int listener, const sockaddr_in& target, Settings& settings) {
  const int left = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (left < 0) return nullptr;
  const int right = openSocket(SOCK_STREAM, target, ::connect);
  const int on = 1;
  for (const int fd : {left, right}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto pair = std::make_unique<Pair>(Pair{left, right, nullptr, nullptr});
  pair->toRight = std::make_unique<TcpFlow>(settings, left, right);
  pair->toLeft = std::make_unique<TcpFlow>(settings, right, left);
  return pair;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 7) {
    std::fputs("usage: delay_relay tcp|udp LISTEN:PORT TARGET:PORT DELAY_MS [LOSS SEED]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const bool udp = std::string(argv[1]) == "udp";
  const sockaddr_in listen = parse(argv[2]), target = parse(argv[3]);
  Settings settings;
  settings.delay = std::chrono::milliseconds(std::atoi(argv[4]));
  if (argc == 7) {
    settings.loss = std::atof(argv[5]);
    settings.random.seed(std::strtoull(argv[6], nullptr, 10));
  }
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Pair>> pairs;
  sockaddr_in client{}, ignored{};
  const int front = openSocket(udp ? SOCK_DGRAM : SOCK_STREAM, listen, ::bind);
  watch(poll, front);
  if (udp) {
    sockaddr_in local = listen;
    local.sin_port = 0;
    const int back = openSocket(SOCK_DGRAM, local, ::bind);
    if (connect(back, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) die("connect");
    const int on = 1;
    for (const int fd : {front, back}) {
      setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
      for (const int option : {SO_RCVBUF, SO_SNDBUF})
        setsockopt(fd, SOL_SOCKET, option, &kSocketBuffer, sizeof kSocketBuffer);
    }
    watch(poll, back);
    auto pair = std::make_unique<Pair>(Pair{front, back, nullptr, nullptr});
    pair->toRight = std::make_unique<UdpFlow>(settings, front, back, client, nullptr);
    pair->toLeft = std::make_unique<UdpFlow>(settings, back, front, ignored, &client);
    pairs.push_back(std::move(pair));
  } else if (::listen(front, 64) != 0) {
    die("listen");
  }
  printPort(front);

  for (;;) {
    epoll_event events[32];
    const int count = epoll_wait(poll, events, 32, waitTime(pairs));
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (!udp && fd == front) {
        while (auto pair = acceptOne(front, target, settings)) {
          watch(poll, pair->left);
          watch(poll, pair->right);
          pairs.push_back(std::move(pair));
        }
      }
    }
    // A handful of descriptors: asking all costs less than finding out which.
    for (const auto& pair : pairs) {
      pair->toRight->receive();
      pair->toLeft->receive();
      const Clock::time_point now = Clock::now();
      pair->toRight->send(now);
      pair->toLeft->send(now);
    }
    std::erase_if(pairs, [](const auto& pair) {
      if (!pair->toRight->isOver() || !pair->toLeft->isOver()) return false;
      close(pair->left);
      close(pair->right);
      return true;
    });
  }
}
