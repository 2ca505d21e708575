// SPDX-License-Identifier: Apache-2.0
#include "core/engine/embedded_server.h"

#include <algorithm>
#include <array>

#include "core/base/encoding.h"
#include "core/base/random.h"
#include "core/net/port_probe.h"
#include "core/tls/self_signed.h"

namespace adit::engine {

namespace {
constexpr unsigned kPortsToTry = 20;
/// Another process can take a free port before the server binds it.
constexpr int kAttempts = 5;

bool contains(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

/// The first port from `first` on that nobody uses and that is not in `kept`; 0 (any) if there is none.
std::uint16_t freePort(std::uint16_t first, const std::vector<std::uint16_t>& kept) {
  if (first == 0) return 0;
  for (unsigned port = first; port <= std::min(first + kPortsToTry, 65535U); ++port) {
    const auto candidate = static_cast<std::uint16_t>(port);
    if (!contains(kept, candidate) && !net::isTcpPortInUse(candidate)) return candidate;
  }
  return 0;
}

Result<std::shared_ptr<const tls::CertificateStore>> openCertificates(const std::filesystem::path& directory,
                                                                      const std::string& domain) {
  if (directory.empty()) {
    const std::array<std::string, 2> names{domain, "*." + domain};
    return tls::CertificateStore::selfSigned(names);
  }
  const auto files = tls::ensureSelfSigned(directory, domain);
  if (!files) return fail(files.error());
  return tls::CertificateStore::load({&*files, 1});
}
}  // namespace

Result<EmbeddedServer> startEmbeddedServer(const EmbeddedServerParams& wanted) {
  SecureRandom random;
  std::array<std::uint8_t, 32> secret{};
  random.fill(secret);
  auto identity = tls::Identity::generate("adit embedded server");
  if (!identity) return fail(std::move(identity.error()));

  EmbeddedServer embedded;
  embedded.link.token = toBase64Url(secret);
  embedded.link.host = "127.0.0.1";
  embedded.link.pin = (*identity)->pin();

  server::ServerParams params;
  params.identity = *identity;
  params.keys = quic::StaticKeys::generate(random);
  params.quicListen = net::SocketAddress::loopback4(0);
  params.loopbackPayload = wanted.loopbackPayload;
  params.congestion = wanted.congestion;
  params.requestVia = wanted.requestVia;
  params.loopbackHosts = true;
  if (wanted.httpsPort) {
    auto certificates = openCertificates(wanted.certificateDirectory, params.domain);
    if (!certificates) return fail(std::move(certificates.error()));
    params.certificates = std::make_shared<tls::CertificateSource>(std::move(*certificates));
  }
  params.tokens = std::make_shared<access::FixedTokens>(access::TokenSnapshot::ofOne(embedded.link.token));
  Error lastError{ErrorCode::AddressInUse, "no free port for the embedded server", 0};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<std::uint16_t> kept = wanted.originPorts;
    params.httpListen = net::SocketAddress::loopback4(freePort(wanted.httpPort, kept));
    kept.push_back(params.httpListen.port());
    if (wanted.httpsPort)
      params.httpsListen = net::SocketAddress::loopback4(freePort(*wanted.httpsPort, kept));
    auto started = server::Server::start(params);
    if (!started && started.error().code != ErrorCode::AddressInUse) return fail(std::move(started.error()));
    if (!started) {
      lastError = std::move(started.error());
      continue;
    }
    // Asked for any port, the system may choose one of an origin.
    if (contains(wanted.originPorts, (*started)->httpAddress().port()) ||
        contains(wanted.originPorts, (*started)->httpsAddress().port()))
      continue;
    embedded.server = std::move(*started);
    embedded.link.port = embedded.server->quicAddress().port();
    return embedded;
  }
  return fail(std::move(lastError));
}

}  // namespace adit::engine
