// SPDX-License-Identifier: Apache-2.0
#include "core/server/ingress.h"

namespace adit::server {

Result<std::unique_ptr<Ingress>> TcpIngress::open(net::EventLoop& loop, IngressHost& host,
                                                  const net::StreamListener::Params& params,
                                                  const VisitorFactory& factory) {
  std::unique_ptr<TcpIngress> ingress(new TcpIngress(host, factory));
  auto listener = net::StreamListener::open(loop, params, *ingress);
  if (!listener) return fail(std::move(listener.error()));
  ingress->m_listener = std::move(*listener);
  ingress->m_address = ingress->m_listener->localAddress();
  return ingress;
}

void TcpIngress::pause() {
  if (m_listener != nullptr) m_listener->pause();
}

void TcpIngress::resume() {
  if (m_listener != nullptr) m_listener->resume();
}

void TcpIngress::onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) {
  m_host.accept({net::DetachedSocket::wrap(nativeSocket), &m_factory, http::Scheme::Http, peer});
}

}  // namespace adit::server
