// SPDX-License-Identifier: Apache-2.0
// wan_link --a NAMESPACE --b NAMESPACE [OPTIONS]: joins two network namespaces (of `ip netns add`) by an
// imperfect path in user space. Each gets a TUN device named "wan"; what is sent into one comes out of the
// other as Impairment decides, each direction with a seed of its own. Prints "ready" once both devices exist,
// then obeys lines of standard input: "cut" and "restore" the path, "counters" (answered by one JSON object),
// and ends with its end. For benchmarks: Linux, root, one thread.
//
//   --delay-ms N        one way (half the round trip)    --rate-mbit N      bottleneck; 0: none
//   --jitter-ms N       more or less delay, in order     --queue-bytes N    in front of the bottleneck
//   --loss N            percent of the packets           --reorder N        percent that leave their place
//   --duplicate N       percent of the packets           --displace-ms N    by how much these come later (<
//   0: earlier)
//   --seed N            1 unless given
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/wan/impairment.h"

namespace {

using adit::Duration;
using adit::MonotonicClock;
using adit::Timestamp;
using adit::bench::Impairment;
using adit::bench::ImpairmentParams;

constexpr std::size_t kLargestPacket = 65536;
/// Packets read from one device before the other, and what is due, have their turn.
constexpr int kBatch = 64;
constexpr const char* kDevice = "wan";

[[noreturn]] void die(const std::string& what) {
  std::perror(("wan_link: " + what).c_str());
  std::exit(1);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : m_fd(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (m_fd >= 0) ::close(m_fd);
  }
  [[nodiscard]] int get() const noexcept { return m_fd; }

 private:
  int m_fd;
};

/// A TUN device inside the namespace. A device belongs to the namespace that its opener was in.
int openTun(const std::string& netns) {
  const Descriptor own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  const Descriptor other(::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC));
  if (other.get() < 0) die("no namespace " + netns);
  if (::setns(other.get(), CLONE_NEWNET) != 0) die("entering namespace " + netns);
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, kDevice, IFNAMSIZ - 1);
  if (::ioctl(fd, TUNSETIFF, &request) != 0) die("making a TUN device in " + netns);
  if (::setns(own.get(), CLONE_NEWNET) != 0) die("leaving namespace " + netns);
  return fd;
}

struct Packet {
  Timestamp arrival;
  std::uint64_t number = 0;  ///< Keeps packets of one arrival in order.
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t size = 0;
};
struct Later {
  bool operator()(const Packet& a, const Packet& b) const noexcept {
    return a.arrival != b.arrival ? a.arrival > b.arrival : a.number > b.number;
  }
};

/// One direction: what is on its way from one device to the other.
class Direction {
 public:
  Direction(int from, int to, const ImpairmentParams& params, std::uint64_t seed)
      : m_from(from), m_to(to), m_impairment(params, seed) {}

  void read() {
    for (int i = 0; i < kBatch; ++i) {
      const ssize_t size = ::read(m_from, m_buffer.data(), m_buffer.size());
      if (size <= 0) return;
      const auto bytes = static_cast<std::size_t>(size);
      const Impairment::Decision decision = m_impairment.offer(bytes, MonotonicClock::now());
      if (decision.fate != Impairment::Fate::Delivered) continue;
      for (int copies = decision.duplicated ? 2 : 1; copies > 0; --copies) {
        Packet packet{decision.arrival, m_count++, std::make_unique_for_overwrite<std::uint8_t[]>(bytes),
                      bytes};
        std::copy_n(m_buffer.data(), bytes, packet.bytes.get());
        m_underWay.push(std::move(packet));
      }
    }
  }

  /// Hands over what is due.
  void write(Timestamp now) {
    while (!m_underWay.empty() && m_underWay.top().arrival <= now) {
      const Packet& packet = m_underWay.top();
      // A receiver whose queue is full drops, as a network card does; its sender is not told.
      if (::write(m_to, packet.bytes.get(), packet.size) < 0) ++m_dropped;
      m_underWay.pop();
    }
  }

  void setCut(bool cut) {
    m_impairment.setCut(cut);
    if (cut) m_underWay = {};
  }
  [[nodiscard]] Timestamp nextArrival() const {
    return m_underWay.empty() ? adit::kNever : m_underWay.top().arrival;
  }
  /// As one JSON object.
  void printCounters(const char* name) const {
    const auto& c = m_impairment.counters();
    std::printf("\"%s\":{", name);
    for (const auto& [key, value] :
         {std::pair{"packets", c.packets}, std::pair{"delivered", c.delivered}, std::pair{"lost", c.lost},
          std::pair{"overflowed", c.overflowed}, std::pair{"cut", c.cut}}) {
      std::printf("\"%s\":%llu,", key, static_cast<unsigned long long>(value));
    }
    std::printf("\"dropped\":%llu}", static_cast<unsigned long long>(m_dropped));
  }

 private:
  int m_from, m_to;
  Impairment m_impairment;
  std::array<std::uint8_t, kLargestPacket> m_buffer{};
  std::priority_queue<Packet, std::vector<Packet>, Later> m_underWay;
  std::uint64_t m_count = 0;
  std::uint64_t m_dropped = 0;  ///< By the receiving device.
};

struct Options {
  std::string a, b;
  ImpairmentParams params;
  std::uint64_t seed = 1;
};

Duration milliseconds(double value) { return Duration(static_cast<std::int64_t>(value * 1e6)); }

bool assign(Options& options, std::string_view name, const char* text) {
  ImpairmentParams& params = options.params;
  const double value = std::strtod(text, nullptr);
  struct Number {
    std::string_view name;
    double& target;
    double factor;
  };
  struct Time {
    std::string_view name;
    Duration& target;
  };
  for (const Number& number :
       {Number{"--loss", params.loss, 0.01}, Number{"--duplicate", params.duplicates, 0.01},
        Number{"--reorder", params.reordered, 0.01}, Number{"--rate-mbit", params.bitsPerSecond, 1e6}}) {
    if (name == number.name) return number.target = value * number.factor, true;
  }
  for (const Time& time : {Time{"--delay-ms", params.delay}, Time{"--jitter-ms", params.jitter},
                           Time{"--displace-ms", params.displacement}}) {
    if (name == time.name) return time.target = milliseconds(value), true;
  }
  if (name == "--queue-bytes") return params.queueBytes = static_cast<std::size_t>(value), true;
  if (name == "--seed") return options.seed = std::strtoull(text, nullptr, 10), true;
  if (name == "--a") return options.a = text, true;
  if (name == "--b") return options.b = text, true;
  return false;
}

Options parse(int argc, char** argv) {
  Options options;
  bool understood = argc % 2 == 1;
  for (int i = 1; i + 1 < argc; i += 2) understood = assign(options, argv[i], argv[i + 1]) && understood;
  if (understood && !options.a.empty() && !options.b.empty()) return options;
  std::fprintf(stderr, "usage: wan_link --a NAMESPACE --b NAMESPACE [OPTIONS]; see the head of its source\n");
  std::exit(2);
}

/// False once standard input is at its end.
bool obey(std::string& pending, Direction& there, Direction& back) {
  std::array<char, 512> text{};
  const ssize_t size = ::read(STDIN_FILENO, text.data(), text.size());
  if (size <= 0) return false;
  pending.append(text.data(), static_cast<std::size_t>(size));
  for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
    const std::string_view line(pending.data(), end);
    if (line == "cut" || line == "restore") {
      there.setCut(line == "cut");
      back.setCut(line == "cut");
    } else if (line == "counters") {
      std::printf("{");
      there.printCounters("a");
      std::printf(",");
      back.printCounters("b");
      std::printf("}\n");
    }
    std::fflush(stdout);
  }
  return true;
}

void watch(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const Descriptor a(openTun(options.a)), b(openTun(options.b));
  // Far apart, so that no seed gives one direction what its neighbour gives the other.
  const auto there = std::make_unique<Direction>(a.get(), b.get(), options.params, options.seed);
  const auto back =
      std::make_unique<Direction>(b.get(), a.get(), options.params, options.seed ^ 0x9e3779b97f4a7c15);
  const Descriptor poll(::epoll_create1(EPOLL_CLOEXEC)),
      timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  for (const int fd : {a.get(), b.get(), timer.get(), STDIN_FILENO}) watch(poll.get(), fd);
  std::printf("ready\n");
  std::fflush(stdout);

  std::string pending;
  for (bool running = true; running;) {
    std::array<epoll_event, 8> events{};
    const int count = ::epoll_wait(poll.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      std::uint64_t expirations = 0;
      if (fd == a.get()) there->read();
      if (fd == b.get()) back->read();
      while (fd == timer.get() && ::read(fd, &expirations, sizeof expirations) > 0) {
      }
      if (fd == STDIN_FILENO) running = obey(pending, *there, *back);
    }
    const Timestamp now = MonotonicClock::now();
    there->write(now);
    back->write(now);
    const Timestamp next = std::min(there->nextArrival(), back->nextArrival());
    itimerspec spec{};
    if (next != adit::kNever) {
      // A time that has passed fires at once; zero would disarm.
      const auto ns = std::max<std::int64_t>(1, next.time_since_epoch().count());
      spec.it_value.tv_sec = ns / 1'000'000'000;
      spec.it_value.tv_nsec = ns % 1'000'000'000;
    }
    ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
  }
  return 0;
}
