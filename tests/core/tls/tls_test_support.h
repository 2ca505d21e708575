// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the TLS tests share: certificates in files, and two ends of a TLS connection in one loop.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <QTemporaryDir>

#include "core/tls/certificate_store.h"
#include "core/tls/key_pair.h"
#include "core/tls/tls_socket.h"
#include "core/tls/trust_store.h"
#include "tests/core/net/stream_test_support.h"

namespace adit::tls::test {

using net::test::connectedPair;
using net::test::makeLoop;
using net::test::pattern;
using net::test::runTurns;
using net::test::runUntil;

/// Certificates in a directory of their own.
class Certificates {
 public:
  /// Writes a self-signed certificate for `names`; valid until `lifetime` from now.
  CertificateFiles make(const std::string& stem, std::vector<std::string> names,
                        std::chrono::hours lifetime = std::chrono::hours(24),
                        std::vector<std::string> addresses = {}) const {
    CertificateRequest request;
    request.commonName = stem;
    request.dnsNames = names;
    request.ipAddresses = addresses;
    request.lifetime = lifetime;
    const auto pair = makeSelfSigned(request);
    CertificateFiles files = at(stem);
    if (!pair || !storeKeyPair(*pair, files.certificate, files.key)) return {};
    return files;
  }
  [[nodiscard]] CertificateFiles at(const std::string& stem) const {
    const std::filesystem::path root = m_directory.path().toStdString();
    return {root / (stem + ".crt"), root / (stem + ".key")};
  }

 private:
  QTemporaryDir m_directory;
};

/// Remembers what a TLS socket tells.
struct TlsRecorder final : TlsSocket::Handler {
  std::string received;
  int secured = 0, ends = 0, errors = 0;
  std::size_t sent = 0, dataCalls = 0;
  Error lastError;
  std::function<void()> onSecuredHook, onDataHook, onEndHook;

  void onSecured() override {
    ++secured;
    if (onSecuredHook) onSecuredHook();
  }
  void onData(Slice data) override {
    ++dataCalls;
    received += data.text();
    if (onDataHook) onDataHook();
  }
  void onEndOfStream() override {
    ++ends;
    if (onEndHook) onEndHook();
  }
  void onSent(std::size_t count) override { sent += count; }
  void onSocketError(const Error& error) override {
    ++errors;
    lastError = error;
  }
};

struct TlsPairParams {
  std::shared_ptr<const CertificateStore> store;
  std::shared_ptr<const TrustStore> trust;
  std::string serverName = "a.example.com";
  std::vector<std::string> serverAlpn, clientAlpn;
};

struct TlsPair {
  std::unique_ptr<net::EventLoop> loop = makeLoop();
  TlsRecorder left, right;
  std::unique_ptr<TlsSocket> client, server;

  explicit TlsPair(const TlsPairParams& params) {
    auto [a, b] = connectedPair(net::SocketAddress::loopback4(0));
    client = TlsSocket::connect(*loop, a.release(), params.trust, params.serverName, params.clientAlpn, left);
    server = TlsSocket::accept(*loop, b.release(), params.store, params.serverAlpn, right);
  }
  bool secure() {
    return runUntil(*loop, [&] { return (left.secured == 1 && right.secured == 1) || left.errors > 0; }) &&
           left.errors == 0;
  }
};

/// Two ends that trust each other.
inline TlsPairParams friendly(std::vector<std::string> names = {"a.example.com"}) {
  TlsPairParams params;
  params.store = CertificateStore::selfSigned(names).value();
  params.trust = TrustStore::insecure().value();
  return params;
}

}  // namespace adit::tls::test
