// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tunnel client that a test scripts: it logs in and declares as a real one, then answers each request
// stream with whatever bytes the test writes, well-formed or not. Lives in the test's loop.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/quic/endpoint_driver.h"
#include "core/session/client_session.h"
#include "tests/core/support/http_messages.h"
#include "tests/core/support/raw_peer.h"

namespace adit::test {

/// A request as it reached the client, and the stream to answer on.
class ServedRequest final : private transport::StreamHandler {
 public:
  explicit ServedRequest(transport::Stream& stream) : m_stream(&stream) { stream.setHandler(this); }
  ~ServedRequest() {
    if (m_stream != nullptr) m_stream->setHandler(nullptr);
  }
  ServedRequest(const ServedRequest&) = delete;
  ServedRequest& operator=(const ServedRequest&) = delete;

  wire::StreamHead head;
  Message message;
  bool finished = false, closed = false;
  std::optional<wire::AppError> resetWith, stoppedWith;
  std::function<void(ServedRequest&)>
      onFinished;            ///< Called when the request is complete (an upgrade: has its head).
  bool holdsCredit = false;  ///< Do not return credit.

  void send(std::string_view bytes) {
    if (m_stream != nullptr) m_stream->sendCopy(asBytes(bytes));
  }
  void finish() {
    if (m_stream != nullptr) m_stream->finish();
  }
  /// Of what was given to it: what the server's windows hold back.
  [[nodiscard]] std::size_t unsent() const noexcept {
    return m_stream != nullptr ? m_stream->unsentBytes() : 0;
  }
  void reset(wire::AppError code) {
    if (m_stream != nullptr) m_stream->reset(static_cast<transport::AppErrorCode>(code));
  }
  void stop(wire::AppError code) {
    if (m_stream != nullptr) m_stream->stopSending(static_cast<transport::AppErrorCode>(code));
  }
  void answer(std::string_view bytes) {
    send(bytes);
    finish();
  }
  void answerText(std::uint16_t status, std::string_view body) {
    answer(responseHead(status, lengthOf(body.size())) + dataFrame(body));
  }

 private:
  void onStreamData(transport::Stream& stream, ByteView bytes, bool fin) override {
    if (!holdsCredit) stream.consume(bytes.size());
    m_unread += asText(bytes);
    if (!m_hasStreamHead) {
      const auto used = wire::readStreamHead(asBytes(m_unread), head);
      if (!used || *used == 0) return;
      m_unread.erase(0, *used);
      m_hasStreamHead = true;
    }
    message.feed(asBytes(m_unread));
    m_unread.clear();
    finished = finished || fin;
    if ((finished || message.request.webSocket) && message.hasHead && onFinished)
      std::exchange(onFinished, nullptr)(*this);
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode code) override {
    resetWith = static_cast<wire::AppError>(code);
  }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode code) override {
    stoppedWith = static_cast<wire::AppError>(code);
  }
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override {
    m_stream = nullptr;
    closed = true;
  }

  transport::Stream* m_stream;
  std::string m_unread;
  bool m_hasStreamHead = false;
};

class FakeClient final : private quic::EndpointDriver::Handler,
                         private transport::LinkHandler,
                         private transport::StreamHandler,
                         private session::ClientSession::Handler {
 public:
  struct Params {
    std::shared_ptr<const tls::Identity> identity = {};  ///< Null: a new one.
    std::string token = "token";
    std::vector<wire::TunnelDeclaration> tunnels = {{kTunnelId, wire::TunnelKind::Http, "shop"}};
    std::uint64_t requests = 256;  ///< Streams the server may have open.
    std::string instance = "one";
    std::string name = "test";
    bool declares = true;
    std::string controlHead = {};  ///< Instead of the right head of the control stream.
  };
  static constexpr std::uint64_t kTunnelId = 7;

  FakeClient(net::EventLoop& loop, const net::SocketAddress& server, Params params)
      : m_loop(loop), m_params(std::move(params)), m_timer(loop, [this] { expire(); }) {
    if (m_params.identity == nullptr) m_params.identity = tls::Identity::generate("test client").value();
    quic::EndpointParams endpoint;
    endpoint.role = quic::Role::Client;
    endpoint.identity = m_params.identity;
    SecureRandom random;
    endpoint.keys = quic::StaticKeys::generate(random);
    endpoint.limits.peerStreams = m_params.requests;
    net::UdpParams udp;
    udp.bind = net::SocketAddress::loopback4(0);
    m_driver = quic::EndpointDriver::open(loop, endpoint, udp, *this).value();
    quic::ConnectParams connect;
    connect.peer = server;
    connect.handler = this;
    m_connection = m_driver->connect(connect).value();
  }
  ~FakeClient() {
    if (m_control != nullptr) m_control->setHandler(nullptr);
    if (m_connection != nullptr) m_connection->setHandler(nullptr);
    m_requests.clear();
    m_driver->closeAll(static_cast<transport::AppErrorCode>(wire::AppError::NoError), "");
  }

  std::optional<wire::LoginAccepted> accepted;
  std::optional<wire::Declared> declared;
  std::map<std::uint64_t, wire::TunnelAnswer> answers;  ///< Of all declarations, by tunnel.
  std::vector<wire::Withdrawn> withdrawn;
  std::optional<wire::Released> released;
  std::optional<wire::Drain> drained;
  std::optional<Error> sessionError;
  std::optional<transport::CloseInfo> closed;
  /// What to do with each request once it is complete; without one the test answers by hand.
  std::function<void(ServedRequest&)> serve;
  bool holdsControl = false;  ///< What the server says on the control stream is not credited.
  bool mute = false;          ///< Hears nothing on its control stream, as a process that is stopped.
  bool holdsCredit = false;   ///< For requests to come: the server's data is not credited.

  [[nodiscard]] bool isOnline() const noexcept { return declared.has_value(); }
  [[nodiscard]] std::size_t requestCount() const noexcept { return m_requests.size(); }
  ServedRequest& request(std::size_t index) { return *m_requests[index]; }
  ServedRequest& last() { return *m_requests.back(); }
  void declare(std::vector<wire::TunnelDeclaration> tunnels) {
    declared.reset();
    m_session->declare(std::move(tunnels), m_loop.now());
    arm();
  }
  void release(const std::string& name) { m_session->release(1, name); }
  void leave() { m_connection->close(static_cast<transport::AppErrorCode>(wire::AppError::NoError), ""); }
  /// Vanishes as far as the server's session is concerned.
  void fail() {
    m_connection->close(static_cast<transport::AppErrorCode>(wire::AppError::Internal), "broken");
  }
  void drain() {
    m_session->drain(std::chrono::seconds(30), "test", m_loop.now());
    arm();
  }
  /// Bytes of the test's choice on the control stream.
  void sendControlBytes(std::string_view bytes) { m_control->sendCopy(asBytes(bytes)); }
  transport::Stream* control() { return m_control; }
  transport::Stream* openStream() { return m_connection->openStream(); }

 private:
  void onAccepted(transport::Link&) override {}
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}
  void onConnected(transport::Link& connection) override {
    m_control = connection.openStream();
    m_control->setHandler(this);
    std::uint8_t head[wire::kMaxStreamHead];
    const std::size_t size =
        wire::writeStreamHead({wire::StreamKind::Control, 0, {}, http::Scheme::Http}, head);
    m_control->sendCopy(m_params.controlHead.empty() ? ByteView{head, size} : asBytes(m_params.controlHead));
    session::ClientSession::Params params;
    params.login.token = m_params.token;
    params.login.clientName = m_params.name;
    params.login.agent = "test/1";
    params.login.instance = m_params.instance;
    params.login.processId = 4711;
    params.login.startedUnix = 1'700'000'000;
    params.login.program = "terminal";
    m_session = std::make_unique<session::ClientSession>(
        params, static_cast<session::ClientSession::Handler&>(*this));
    m_session->start(m_loop.now());
    if (m_params.declares) m_session->declare(m_params.tunnels, m_loop.now());
    arm();
  }
  void onStreamOpened(transport::Link&, transport::Stream& stream) override {
    m_requests.push_back(std::make_unique<ServedRequest>(stream));
    m_requests.back()->onFinished = serve;
    m_requests.back()->holdsCredit = holdsCredit;
  }
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link&, const transport::CloseInfo& info) override {
    closed = info;
    m_connection = nullptr;
    m_control = nullptr;
    m_timer.stop();
  }
  void onStreamData(transport::Stream& stream, ByteView bytes, bool) override {
    if (!holdsControl) stream.consume(bytes.size());
    if (mute) return;
    m_session->receive(bytes, m_loop.now());
    arm();
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override { m_control = nullptr; }
  void sendControl(ByteView bytes) override {
    if (m_control != nullptr) m_control->sendCopy(bytes);
  }
  void onLoggedIn(const wire::LoginAccepted& message) override { accepted = message; }
  void onDeclared(const wire::Declared& message) override {
    declared = message;
    for (const wire::TunnelAnswer& answer : message.answers) answers[answer.id] = answer;
  }
  void onWithdrawn(const wire::Withdrawn& message) override { withdrawn.push_back(message); }
  void onReleased(const wire::Released& message) override { released = message; }
  void onServerDraining(const wire::Drain& message) override { drained = message; }
  void onSessionFailed(const Error& error, wire::AppError) override { sessionError = error; }
  void expire() {
    m_session->expire(m_loop.now());
    arm();
  }
  void arm() { m_timer.startAt(m_session->deadline()); }

  net::EventLoop& m_loop;
  Params m_params;
  net::Timer m_timer;
  std::unique_ptr<quic::EndpointDriver> m_driver;
  transport::Link* m_connection = nullptr;
  transport::Stream* m_control = nullptr;
  std::unique_ptr<session::ClientSession> m_session;
  std::vector<std::unique_ptr<ServedRequest>> m_requests;
};

}  // namespace adit::test
