// SPDX-License-Identifier: Apache-2.0
#include "core/engine/embedded_server.h"

#include <array>

#include "core/base/encoding.h"
#include "core/base/random.h"
#include "core/tls/self_signed.h"

namespace adit::engine {

namespace {
constexpr int kPortsToTry = 20;

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
  if (wanted.httpsPort) {
    auto certificates = openCertificates(wanted.certificateDirectory, params.domain);
    if (!certificates) return fail(std::move(certificates.error()));
    params.certificates = std::make_shared<tls::CertificateSource>(std::move(*certificates));
  }
  params.checkToken = [token = embedded.link.token](std::string_view given) -> Result<> {
    if (equalConstantTime(asBytes(token), asBytes(given))) return {};
    return fail(ErrorCode::TokenUnknown, "the token is not this server's");
  };
  for (int attempt = 0; attempt <= kPortsToTry; ++attempt) {
    const bool last = wanted.httpPort == 0 || attempt == kPortsToTry;
    const auto next = [&](std::uint16_t port) {
      return net::SocketAddress::loopback4(last || port == 0 ? 0
                                                             : static_cast<std::uint16_t>(port + attempt));
    };
    params.httpListen = next(wanted.httpPort);
    if (wanted.httpsPort) params.httpsListen = next(*wanted.httpsPort);
    auto started = server::Server::start(params);
    if (started) {
      embedded.server = std::move(*started);
      embedded.link.port = embedded.server->quicAddress().port();
      return embedded;
    }
    if (last || started.error().code != ErrorCode::AddressInUse) return fail(std::move(started.error()));
  }
  return fail(ErrorCode::AddressInUse, "no free port for the embedded server");
}

}  // namespace adit::engine
