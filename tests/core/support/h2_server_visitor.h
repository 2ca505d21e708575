// SPDX-License-Identifier: Apache-2.0
#pragma once
// An HTTP/2 visitor of a test's real server, on the cleartext port by prior knowledge, who says any frame.
// Owned by the test; one thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tests/core/support/h2_frames.h"
#include "tests/core/support/server_harness.h"

namespace adit::test::h2 {

inline Headers request(const std::string& method = "GET", const std::string& path = "/",
                       const Headers& more = {}, const std::string& name = "shop") {
  Headers fields{
      {":method", method}, {":scheme", "http"}, {":authority", name + ".localhost"}, {":path", path}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

struct Visitor {
  Visitor(ServerHarness& harness, std::string_view more = {}, std::string_view wanted = settings())
      : h(harness), peer(harness.visit()) {
    reader.sawPreface = true;
    peer.send(std::string(http::kH2PrefaceText).append(wanted).append(settingsAck()).append(more));
  }
  bool until(const std::function<bool(Reader&)>& done) {
    return h.until([&] {
      reader.feed(peer.received);
      peer.received.clear();
      return done(reader);
    });
  }
  bool untilEnd(std::uint32_t stream) {
    return until([&](Reader& r) { return r.ended(stream); });
  }
  [[nodiscard]] const Frame* head(std::uint32_t stream) const {
    for (const Frame& frame : reader.frames) {
      if (frame.type == kHeaders && frame.stream == stream) return &frame;
    }
    return nullptr;
  }
  [[nodiscard]] std::optional<std::uint32_t> resetCode(std::uint32_t stream) const {
    for (const Frame& frame : reader.frames) {
      if (frame.type == kRstStream && frame.stream == stream) return frame.number();
    }
    return std::nullopt;
  }
  bool untilReset(std::uint32_t stream, http::H2Error code) {
    return until([&](Reader&) { return resetCode(stream) == static_cast<std::uint32_t>(code); });
  }

  ServerHarness& h;
  RawPeer& peer;
  Reader reader;
};

}  // namespace adit::test::h2
