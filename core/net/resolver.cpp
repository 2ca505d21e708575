// SPDX-License-Identifier: Apache-2.0
#include "core/net/resolver.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "core/net/socket_headers.h"
#ifndef _WIN32
#include <netdb.h>
#endif

namespace adit::net {

namespace {

/// Look-ups under way at once; more wait their turn.
constexpr unsigned kMaxLookups = 8;
/// RFC 1035, section 2.3.4, in text form.
constexpr std::size_t kMaxName = 254;

bool isLocalhost(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  constexpr std::string_view kName = "localhost";
  if (host.size() < kName.size()) return false;
  const std::string_view tail = host.substr(host.size() - kName.size());
  const bool same = std::equal(tail.begin(), tail.end(), kName.begin(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
  return same && (host.size() == kName.size() || host[host.size() - kName.size() - 1] == '.');
}

/// The answer, or a refusal, for a host that needs no look-up; empty where the system has to be asked.
std::optional<Result<std::vector<SocketAddress>>> answerAtOnce(const std::string& host, std::uint16_t port) {
  using Answer = Result<std::vector<SocketAddress>>;
  if (host.empty() || host.size() > kMaxName || host.find('\0') != std::string::npos) {
    return Answer(
        fail(ErrorCode::InvalidArgument, fmt::format("'{}' is not a host name", host.substr(0, kMaxName))));
  }
  if (isLocalhost(host)) {
    return Answer(std::vector{SocketAddress::loopback4(port), SocketAddress::loopback6(port)});
  }
  const bool bare6 = host.front() != '[' && host.find(':') != std::string::npos;
  const auto literal =
      SocketAddress::parse(bare6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port));
  if (literal && literal->family() != AddressFamily::Unix) return Answer(std::vector{*literal});
  if (bare6) return Answer(fail(literal.error()));
  return std::nullopt;
}

std::vector<SocketAddress> alternateFamilies(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : addresses) {
    (address.family() == addresses.front().family() ? first : second).push_back(address);
  }
  std::vector<SocketAddress> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace

Result<std::vector<SocketAddress>> Resolver::systemLookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list); code != 0) {
    return fail(ErrorCode::ResolveFailed,
                fmt::format("cannot find an address of '{}': {}", host, gai_strerror(code)), code);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const SocketAddress address = SocketAddress::fromNative(entry->ai_addr, entry->ai_addrlen);
    if (address.family() != AddressFamily::None) addresses.push_back(address);
  }
  if (addresses.empty()) return fail(ErrorCode::ResolveFailed, fmt::format("'{}' has no address", host));
  return alternateFamilies(addresses);
}

/// Shared with the threads of the look-ups, which use `lookup`, and `loop` under the mutex. All else,
/// callbacks included, belongs to the loop's thread; the other threads know their query by its number only.
struct Resolver::State : std::enable_shared_from_this<Resolver::State> {
  using Answer = Result<std::vector<SocketAddress>>;
  struct Question {
    std::string host;
    std::uint16_t port = 0;
    Callback callback;
  };

  State(EventLoop& owner, Lookup how) : lookup(std::move(how)), loop(&owner) {}

  const Lookup lookup;
  std::mutex mutex;
  EventLoop* loop;  // null once the resolver is gone

  std::map<std::uint64_t, Question> questions;
  /// The queries that one look-up of a name answers: those that were made before it was answered.
  std::map<std::string, std::vector<std::uint64_t>> lookups;
  std::deque<std::string> waiting;  ///< Names whose look-up has not begun.
  std::uint64_t lastId = 0;
  unsigned running = 0;

  /// Posts an answer to the loop's thread if the loop still exists. Any thread.
  void post(EventLoop::Task task) {
    const std::lock_guard lock(mutex);
    if (loop != nullptr) loop->post(std::move(task));
  }

  void lookedUp(const std::string& host, const Answer& answer) {
    const auto found = lookups.find(host);
    if (found == lookups.end()) return;
    const std::vector<std::uint64_t> ids = std::move(found->second);
    lookups.erase(found);
    for (const std::uint64_t id : ids) this->answer(id, answer);
  }

  void answer(std::uint64_t id, Answer answer) {
    const auto found = questions.find(id);
    if (found == questions.end()) return;  // cancelled
    const Question question = std::move(found->second);
    questions.erase(found);
    if (answer) {
      for (SocketAddress& address : *answer) address.setPort(question.port);
    }
    question.callback(std::move(answer));
  }

  [[nodiscard]] bool isWanted(const std::string& host) const {
    const auto found = lookups.find(host);
    return found != lookups.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [this](std::uint64_t id) { return questions.find(id) != questions.end(); });
  }

  void startWaiting() {
    while (running < kMaxLookups && !waiting.empty()) {
      const std::string host = std::move(waiting.front());
      waiting.pop_front();
      if (!isWanted(host)) {
        lookups.erase(host);
        continue;
      }
      try {
        std::thread([self = shared_from_this(), host] {
          self->post([self, host, answer = self->lookup(host)] {
            --self->running;
            self->lookedUp(host, answer);
            self->startWaiting();
          });
        }).detach();
        ++running;
      } catch (const std::system_error& error) {
        post([self = shared_from_this(), host,
              answer = Answer(
                  fail(ErrorCode::Overloaded, fmt::format("cannot start a look-up: {}", error.what())))] {
          self->lookedUp(host, answer);
          self->startWaiting();
        });
      }
    }
  }
};

Resolver::Resolver(EventLoop& loop, Lookup lookup)
    : m_state(std::make_shared<State>(loop, std::move(lookup))) {}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(m_state->mutex);
    m_state->loop = nullptr;
  }
  m_state->questions.clear();
}

std::unique_ptr<Resolver::Query> Resolver::resolve(const std::string& host, std::uint16_t port,
                                                   Callback callback) {
  class Pending final : public Query {
   public:
    Pending(std::shared_ptr<State> state, std::uint64_t id) : m_pendingIn(std::move(state)), m_id(id) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    ~Pending() override { m_pendingIn->questions.erase(m_id); }

   private:
    std::shared_ptr<State> m_pendingIn;
    std::uint64_t m_id;
  };
  const std::uint64_t id = ++m_state->lastId;
  m_state->questions.emplace(id, State::Question{host, port, std::move(callback)});
  if (auto answer = answerAtOnce(host, port)) {
    m_state->post([state = m_state, id, known = std::move(*answer)] { state->answer(id, known); });
  } else {
    const auto [lookup, isNew] = m_state->lookups.try_emplace(host);
    lookup->second.push_back(id);
    if (isNew) {
      m_state->waiting.push_back(host);
      m_state->startWaiting();
    }
  }
  return std::make_unique<Pending>(m_state, id);
}

}  // namespace adit::net
