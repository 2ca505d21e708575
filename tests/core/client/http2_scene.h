// SPDX-License-Identifier: Apache-2.0
#pragma once
// A RequestHarness whose origin speaks HTTP/2: the test reads what arrives there frame by frame and writes
// the answers.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/core/support/h2_frames.h"
#include "tests/core/support/request_harness.h"

namespace adit::test {

struct Http2Scene {
  RequestHarness h;
  std::vector<std::unique_ptr<h2::Reader>> readers;

  explicit Http2Scene(client::OriginSettings settings = {}) : h(std::move(settings)) {
    h.aim(h.origin.port(), client::Target::Protocol::Http2);
  }
  /// What the origin has read on a connection.
  h2::Reader& reads(std::size_t connection = 0) {
    while (readers.size() <= connection) readers.push_back(std::make_unique<h2::Reader>());
    std::string& bytes = h.origin[connection].received;
    readers[connection]->feed(bytes);
    bytes.clear();
    return *readers[connection];
  }
  bool connected(std::size_t connection = 0,
                 const std::vector<std::pair<std::uint16_t, std::uint32_t>>& settings = {}) {
    if (!h.origin.waitFor(connection + 1)) return false;
    h.origin[connection].send(h2::settings(settings) + h2::settingsAck());
    return true;
  }
  bool asked(std::size_t requests, std::size_t connection = 0) {
    return h.until([&] { return reads(connection).count(h2::kHeaders) >= requests; });
  }
  void says(std::string_view bytes, std::size_t connection = 0) { h.origin[connection].send(bytes); }
  bool over(int requests = 1) {
    return h.until([&] { return h.recycled == requests; });
  }
};

/// A call without content: as good as one with, here.
inline RequestSpec call(http::Version version, const std::string& type) {
  return {.method = "POST", .fields = {{"Content-Type", type}}, .version = version};
}

}  // namespace adit::test
