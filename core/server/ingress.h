// SPDX-License-Identifier: Apache-2.0
#pragma once
// A worker's public listeners. An Ingress accepts connections and hands each to its host as a VisitorArrival,
// for the factory that the listener was given. TcpIngress does so at once, TlsIngress after the handshake.
// Owned by the worker; one loop's thread.

#include <memory>

#include "core/base/error.h"
#include "core/net/stream_socket.h"
#include "core/server/visitor.h"

namespace adit::server {

/// The worker, as its listeners see it.
class IngressHost {
 public:
  /// Counts a connection of `peer`; false where it has too many, or all visitors together are too many. Every
  /// admitted connection calls leave() once.
  virtual bool admit(const net::SocketAddress& peer) = 0;
  virtual void leave(const net::SocketAddress& peer) = 0;
  /// Counts a new connection and serves it, or closes it where it is not admitted.
  virtual void accept(VisitorArrival arrival) = 0;

 protected:
  ~IngressHost() = default;
};

class Ingress {
 public:
  virtual ~Ingress() = default;
  [[nodiscard]] virtual const net::SocketAddress& address() const noexcept = 0;
  /// While paused, visitors wait in the system's backlog.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Accepts no more; visitors are refused at once instead of waiting in the backlog.
  virtual void stop() = 0;
};

class TcpIngress final : public Ingress, private net::StreamListener::Handler {
 public:
  /// `factory` must outlive the workers.
  static Result<std::unique_ptr<Ingress>> open(net::EventLoop& loop, IngressHost& host,
                                               const net::StreamListener::Params& params,
                                               const VisitorFactory& factory);

  [[nodiscard]] const net::SocketAddress& address() const noexcept override { return m_address; }
  void pause() override;
  void resume() override;
  void stop() override { m_listener.reset(); }

 private:
  TcpIngress(IngressHost& host, const VisitorFactory& factory) noexcept : m_host(host), m_factory(factory) {}
  void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) override;

  IngressHost& m_host;
  const VisitorFactory& m_factory;
  net::SocketAddress m_address;
  std::unique_ptr<net::StreamListener> m_listener;
};

}  // namespace adit::server
