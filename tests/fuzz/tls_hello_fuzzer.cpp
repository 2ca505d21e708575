// SPDX-License-Identifier: Apache-2.0
// A visitor's first bytes to the TLS port: whatever they are, the handshake asks for more, answers or
// refuses, within its bounds, and the name it took from a ClientHello is one that can be looked up.
#include <algorithm>
#include <memory>

#include "core/tls/tls_engine.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

const std::shared_ptr<const tls::CertificateStore>& certificates() {
  static const auto store = [] {
    const std::string names[] = {"t.example.com", "*.t.example.com"};
    return tls::CertificateStore::selfSigned(names).value();
  }();
  return store;
}

struct Counter final : tls::TlsEngine::Output {
  std::size_t bytes = 0;
  void onCiphertext(ByteView data) override { bytes += data.size(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::string alpn[] = {"h2", "http/1.1"};
  SlabPool pool;
  Counter sent;
  auto engine = tls::TlsEngine::server(certificates(), alpn);
  require(engine.has_value(), "an engine can be made");
  (*engine)->setOutput(&sent);
  // The first byte says how the rest is cut.
  const std::size_t step = *data == 0 ? size : std::size_t{*data};
  SlabWriter writer(pool);
  for (std::size_t at = 1; at < size;) {
    const std::size_t count = std::min({step, size - at, kSlabSize});
    (*engine)->receive(writer.copy({data + at, count}));
    at += count;
    const auto done = (*engine)->handshake();
    if (!done) break;
    require(!*done, "nobody is let in without the server's share of a secret");
  }
  require((*engine)->serverName().size() <= 255, "a name is bounded");
  require((*engine)->serverName().find('\0') == std::string::npos, "a name is text");
  require(sent.bytes < 16 * 1024, "a hello is not answered by much");
  require((*engine)->alpn().empty(), "no protocol before the end");
  return 0;
}
