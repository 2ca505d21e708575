// SPDX-License-Identifier: Apache-2.0
#include "app/sample_service.h"

#include <string>
#include <thread>
#include <unordered_map>

#include <spdlog/fmt/fmt.h>

#include "core/http/h1_parser.h"
#include "core/http/message.h"
#include "core/net/event_loop.h"
#include "core/net/stream_socket.h"

namespace adit::app {

namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>It works: Adit</title>
<style>
:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{max-width:34rem;padding:2rem}
h1{font-size:1.6rem;margin:0 0 .5rem}
code{background:color-mix(in srgb,CanvasText 8%,transparent);padding:.1em .4em;border-radius:.3em}
p{margin:.5rem 0}
</style></head><body><main>
<h1>It works.</h1>
<p>This page came from a small service on the machine that runs <code>adit demo</code>, through a server, over QUIC.</p>
<p>You are visitor number <b>@COUNT@</b>, and you asked for <code>@HOST@</code>.</p>
<p>Expose your own with <code>adit http 3000</code>.</p>
</main></body></html>
)";

/// Escapes text for HTML: what a visitor sends is shown and never interpreted.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string replaced(std::string text, std::string_view mark, std::string_view value) {
  if (const std::size_t at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), value);
  return text;
}

class Service;

class Connection final : public net::Disposable, private net::StreamSocket::Handler {
 public:
  Connection(Service& service, net::EventLoop& loop, std::uintptr_t nativeSocket)
      : m_service(service), m_socket(net::StreamSocket::adopt(loop, nativeSocket, *this)) {}
  void close() { m_socket->close(); }

 private:
  void onData(Slice data) override;
  void onEndOfStream() override;
  void onSent(std::size_t) override {}
  void onSocketError(const Error&) override;
  void answer(const http::RequestHead& head, bool keepAlive);

  Service& m_service;
  std::unique_ptr<net::StreamSocket> m_socket;
  std::string m_input;
  std::size_t m_scanned = 0;
  bool m_answeredLast = false;
  http::RequestHead m_head;
};

class Service final : public SampleService, private net::StreamListener::Handler {
 public:
  Result<> open() {
    auto loop = net::EventLoop::create();
    if (!loop) return fail(std::move(loop.error()));
    m_loop = std::move(*loop);
    auto listener = net::StreamListener::open(*m_loop, {net::SocketAddress::loopback4(0)}, *this);
    if (!listener) return fail(std::move(listener.error()));
    m_listener = std::move(*listener);
    m_port = m_listener->localAddress().port();
    m_thread = std::thread([this] { m_loop->run(); });
    return {};
  }
  ~Service() override {
    if (m_thread.joinable()) {
      m_loop->post([this] {
        m_listener.reset();
        for (auto& [key, connection] : m_connections) connection->close();
        m_connections.clear();
        m_loop->stop();
      });
      m_thread.join();
    }
  }
  [[nodiscard]] std::uint16_t port() const noexcept override { return m_port; }
  void forget(Connection& connection) {
    const auto found = m_connections.find(&connection);
    if (found == m_connections.end()) return;
    connection.close();
    m_loop->dispose(std::move(found->second));
    m_connections.erase(found);
  }
  std::uint64_t countVisit() noexcept { return ++m_visits; }

 private:
  void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress&) override {
    auto connection = std::make_unique<Connection>(*this, *m_loop, nativeSocket);
    Connection* key = connection.get();
    m_connections.emplace(key, std::move(connection));
  }

  std::unique_ptr<net::EventLoop> m_loop;
  std::unique_ptr<net::StreamListener> m_listener;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> m_connections;
  std::uint16_t m_port = 0;
  std::uint64_t m_visits = 0;
  std::thread m_thread;
};

void Connection::onData(Slice data) {
  if (m_answeredLast) return;  // the rest is a body that nobody reads
  m_input.append(data.text());
  for (;;) {
    http::RequestTraits traits;
    m_head.clear();
    const http::ParseResult result = http::parseRequestHead(m_input, {}, m_scanned, m_head, traits);
    if (result.status == http::ParseStatus::NeedMore) return;
    // A request with a body gets the page, and its connection is closed.
    const bool keepAlive = result.status == http::ParseStatus::Complete && traits.keepAlive &&
                           traits.framing.body == http::BodyFraming::None;
    if (result.status == http::ParseStatus::Invalid) {
      m_service.forget(*this);
      return;
    }
    answer(m_head, keepAlive);
    if (!keepAlive) {
      m_answeredLast = true;
      m_socket->shutdownSend();
      return;
    }
    m_input.erase(0, result.consumed);
    m_scanned = 0;
  }
}

void Connection::answer(const http::RequestHead& head, bool keepAlive) {
  const bool known = head.target == "/" || head.target.starts_with("/?");
  const std::string body =
      known ? replaced(replaced(std::string(kPage), "@COUNT@", std::to_string(m_service.countVisit())),
                       "@HOST@", escaped(head.authority))
            : std::string("There is only one page here: /\n");
  const std::string response = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{}\r\n",
      known ? "200 OK" : "404 Not Found", known ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
      body.size(), keepAlive ? "" : "Connection: close\r\n");
  m_socket->sendCopy(asBytes(response));
  if (head.method != "HEAD") m_socket->sendCopy(asBytes(body));
}

void Connection::onEndOfStream() { m_service.forget(*this); }
void Connection::onSocketError(const Error&) { m_service.forget(*this); }

}  // namespace

Result<std::unique_ptr<SampleService>> SampleService::start() {
  auto service = std::make_unique<Service>();
  if (auto opened = service->open(); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<SampleService>(std::move(service));
}

}  // namespace adit::app
