// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a visitor's connection needs, without a worker, a socket or a client: connections in memory, routes
// and streams that a test makes up, and a record of what became of everything. One thread.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/server/visitor_connection.h"
#include "core/server/visitor_services.h"
#include "tests/core/net/net_test_support.h"
#include "tests/core/support/fake_stream.h"
#include "tests/core/support/http_messages.h"

namespace adit::test {

/// A connection in memory; the test is the peer. It outlives the socket objects that stand for it.
struct FakeWire {
  net::StreamSocket::Handler* handler = nullptr;  ///< Null while detached or closed.
  std::string queued;                             ///< Sent, and not taken by the peer yet.
  std::string received;                           ///< What the peer took.
  std::string unread;                             ///< Given out by takeUnread().
  std::uint8_t pauses = 0;
  bool speaksForHosts = true;
  bool finished = false;  ///< The peer will see FIN behind what is queued.
  bool closed = false;
  bool aborted = false;

  void deliver(net::EventLoop& loop, std::string_view bytes) {
    loop.writer().copyAll(asBytes(bytes), [this](Slice piece) {
      if (handler != nullptr) handler->onData(std::move(piece));
    });
  }
  void finish() const {
    if (handler != nullptr) handler->onEndOfStream();
  }
  void breakOff() const {
    if (handler != nullptr) handler->onSocketError(Error(ErrorCode::Closed, "reset"));
  }
  /// The peer takes up to `count` bytes of what is queued.
  void take(std::size_t count = std::string::npos) {
    const std::string part = queued.substr(0, count);
    queued.erase(0, part.size());
    received += part;
    if (handler != nullptr && !part.empty()) handler->onSent(part.size());
  }
  [[nodiscard]] bool isPaused() const noexcept { return pauses != 0; }
};

class FakeDetachedSocket final : public net::DetachedSocket {
 public:
  explicit FakeDetachedSocket(std::shared_ptr<FakeWire> wire) : m_wire(std::move(wire)) {}
  std::unique_ptr<net::StreamSocket> attach(net::EventLoop& loop,
                                            net::StreamSocket::Handler& handler) override;

 private:
  std::shared_ptr<FakeWire> m_wire;
};

class FakeSocket final : public net::StreamSocket {
 public:
  FakeSocket(net::EventLoop& loop, std::shared_ptr<FakeWire> wire, Handler& handler)
      : m_loop(loop), m_wire(std::move(wire)) {
    m_wire->handler = &handler;
    m_wire->pauses = 0;
  }
  ~FakeSocket() override { close(); }

  void setHandler(Handler& handler) override { m_wire->handler = &handler; }
  void send(Slice data) override { sendCopy(data.bytes()); }
  void sendCopy(ByteView data) override {
    if (isOpen() && !m_wire->finished) m_wire->queued += asText(data);
  }
  void shutdownSend() override {
    if (isOpen()) m_wire->finished = true;
  }
  void close() override {
    if (!isOpen()) return;
    m_wire->handler = nullptr;
    m_wire->closed = true;
    m_open = false;
  }
  void abort() override {
    if (isOpen()) m_wire->aborted = true;
    close();
  }
  void pauseReading(net::PauseReason reason) override { m_wire->pauses |= static_cast<std::uint8_t>(reason); }
  void resumeReading(net::PauseReason reason) override {
    m_wire->pauses &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
  }
  void flushNow() override {}
  [[nodiscard]] std::size_t queuedBytes() const noexcept override {
    return isOpen() ? m_wire->queued.size() : 0;
  }
  [[nodiscard]] bool isOpen() const noexcept override { return m_open; }
  [[nodiscard]] std::optional<std::size_t> undeliveredBytes() const noexcept override { return std::nullopt; }
  [[nodiscard]] net::SocketAddress peerAddress() const override { return net::SocketAddress::loopback4(1); }
  [[nodiscard]] net::SocketAddress localAddress() const override { return net::SocketAddress::loopback4(2); }
  [[nodiscard]] bool speaksFor(std::string_view) const override { return m_wire->speaksForHosts; }
  std::unique_ptr<net::DetachedSocket> detach() override {
    m_wire->handler = nullptr;
    m_open = false;
    return std::make_unique<FakeDetachedSocket>(m_wire);
  }
  SliceQueue takeUnread() override {
    SliceQueue queue;
    m_loop.writer().copyAll(asBytes(std::exchange(m_wire->unread, {})),
                            [&](Slice piece) { queue.push(std::move(piece)); });
    return queue;
  }

 private:
  net::EventLoop& m_loop;
  std::shared_ptr<FakeWire> m_wire;
  bool m_open = true;
};

inline std::unique_ptr<net::StreamSocket> FakeDetachedSocket::attach(net::EventLoop& loop,
                                                                     net::StreamSocket::Handler& handler) {
  return std::make_unique<FakeSocket>(loop, m_wire, handler);
}

/// What an observer was told, a line a call: "begin GET /a", "head 200", "end Answered 200".
class RecordingObserver final : public server::RequestObserver {
 public:
  std::vector<std::string> lines;
  std::vector<server::RequestEnd> ends;

  void onRequestBegin(const server::RequestBegin& begin) override {
    lines.push_back("begin " + std::string(begin.head.method) + " " + std::string(begin.head.target));
    current = begin.id;
  }
  void onResponseHead(server::RequestId, std::uint16_t status, Timestamp) override {
    lines.push_back("head " + std::to_string(status));
  }
  void onRequestEnd(server::RequestId, const server::RequestEnd& end) override {
    lines.push_back("end");
    ends.push_back(end);
  }
  server::RequestId current = 0;
};

class VisitorWorld final : private server::RouteFinder,
                           private server::TunnelStreams,
                           private server::VisitorHost {
 public:
  explicit VisitorWorld(const server::ServerLimits& limits = {})
      : config(server::ServerConfig{limits}),
        reader(config, *loop),
        timeouts(*loop, limits),
        holdBudget(*loop, limits.heldBytes, limits.busyWriteTimeout),
        answerWindows(limits.heldBytes),
        windowBudget(limits.windowGrowth) {
    routes["shop.localhost"] = {server::Destination::Kind::Here, 0, 7, 3};
    routes["far.localhost"] = {server::Destination::Kind::Elsewhere, 1, 8, 4};
    routes["away.localhost"] = {server::Destination::Kind::Offline};
  }
  ~VisitorWorld() {
    for (auto& each : visitors) {
      if (each != nullptr) each->closeNow();
    }
    loop->runOnce();
  }

  /// A new visitor's connection. Over when its wire is closed.
  std::shared_ptr<FakeWire> visit(
      const server::VisitorFactory& factory = server::VisitorConnection::factory(),
      http::Scheme scheme = http::Scheme::Http) {
    auto wire = std::make_shared<FakeWire>();
    serve({std::make_unique<FakeDetachedSocket>(wire), &factory, scheme, net::SocketAddress::loopback4(9)});
    return wire;
  }
  /// ... that has sent `bytes`.
  std::shared_ptr<FakeWire> visit(std::string_view bytes) {
    auto wire = visit();
    wire->deliver(*loop, bytes);
    return wire;
  }
  [[nodiscard]] std::size_t visitorCount() const {
    return visitors.size() - static_cast<std::size_t>(std::count(visitors.begin(), visitors.end(), nullptr));
  }
  void turn() { loop->runOnce(); }
  /// The stream of the newest request.
  FakeStream& stream() { return *opened.back(); }
  /// What the newest request says.
  Message request() {
    Message message;
    wire::StreamHead head;
    const std::string& sent = stream().sent;
    message.feed(asBytes(std::string_view(sent).substr(wire::readStreamHead(asBytes(sent), head).value())));
    return message;
  }

  std::unique_ptr<net::EventLoop> loop = net::test::makeLoop();
  server::ConfigSource config;
  server::ConfigReader reader;
  server::VisitorTimeouts timeouts;
  server::HoldBudget holdBudget;
  server::AnswerWindows answerWindows;
  net::TurnLine turns{*loop, 4};
  http::H2WindowBudget windowBudget;
  BlockPool blocks;
  http::DateText dateText{[]() noexcept -> std::int64_t { return 0; }};
  http::HopNames names{"test"};
  std::map<std::string, server::Destination, std::less<>> routes;
  wire::AppError refusal = wire::AppError::NoError;  ///< For streams that are asked for.
  std::vector<std::unique_ptr<FakeStream>> opened;
  std::shared_ptr<server::TunnelLoad> load = std::make_shared<server::TunnelLoad>();
  bool draining = false;
  std::vector<server::VisitorArrival> adopted;
  std::vector<std::pair<unsigned, server::VisitorArrival>> moved;
  std::vector<std::unique_ptr<server::Visitor>> visitors;
  RecordingObserver observer;
  server::VisitorServices services{*loop,    reader,     *this,         *this,    *this,
                                   timeouts, holdBudget, answerWindows, turns,    windowBudget,
                                   blocks,   dateText,   names,         &observer};

 private:
  std::vector<http::PageLink> listTunnels(http::Scheme, std::string_view authority) override {
    return {{"shop", "http://shop." + std::string(authority) + "/"}};
  }
  server::Destination find(const server::RequestOrigin& origin) override {
    const auto found = routes.find(origin.authority);
    return found == routes.end() ? server::Destination{} : found->second;
  }
  server::OpenedStream open(const server::Destination&, const server::PlaceRequest& request) override {
    if (refusal != wire::AppError::NoError) return {nullptr, nullptr, refusal};
    opened.push_back(std::make_unique<FakeStream>());
    load->enter(request.visitor);
    return {opened.back().get(), load, {}};
  }
  [[nodiscard]] bool isDraining() const noexcept override { return draining; }
  void adopt(server::VisitorArrival arrival) override { adopted.push_back(std::move(arrival)); }
  void move(unsigned index, server::VisitorArrival arrival) override {
    moved.emplace_back(index, std::move(arrival));
  }
  void forget(server::Visitor& visitor) override {
    for (auto& each : visitors) {
      if (each.get() == &visitor) loop->dispose(std::move(each));
    }
  }
  void serve(server::VisitorArrival arrival) {
    visitors.push_back(arrival.factory->create(services, arrival));
  }
};

}  // namespace adit::test
