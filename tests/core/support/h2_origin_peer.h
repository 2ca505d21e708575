// SPDX-License-Identifier: Apache-2.0
#pragma once
// An origin that says any HTTP/2 frames it likes to an H2ClientSession, and requests that note what becomes
// of them. Used by the tests of the client's session, on their thread.

#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/http/h2_client_session.h"
#include "tests/core/support/h2_frames.h"

namespace adit::test {

using namespace adit::http;

/// A request and what becomes of it.
struct Asked final : H2ClientStream::Handler {
  std::vector<std::uint16_t> interim;
  std::uint16_t status = 0;
  Framing framing;
  std::vector<std::pair<std::string, std::string>> fields, trailers;
  std::string body;
  int ends = 0, closes = 0;
  std::optional<H2Error> reset;
  bool unprocessed = false;
  std::size_t takenCalls = 0;
  H2ClientStream stream{*this};

  void onInterim(ResponseHead& head) override { interim.push_back(head.status); }
  void onHead(ResponseHead& head, Framing made) override {
    status = head.status;
    framing = made;
    for (const Field& field : head.fields) fields.emplace_back(field.name, field.value);
  }
  void onContent(ByteView data) override { body += asText(data); }
  void onTrailers(std::span<const Field> list) override {
    for (const Field& field : list) trailers.emplace_back(field.name, field.value);
  }
  void onEnd() override { ++ends; }
  void onClosed() override { ++closes; }
  void onReset(H2Error code, bool notBegun) override {
    reset = code;
    unprocessed = notBegun;
  }
  void onContentSent() override { ++takenCalls; }
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return "(none)";
  }
};

/// An origin that may say anything.
class Origin final : H2ClientSession::Handler, H2ClientSession::Sink {
 public:
  explicit Origin(const H2ClientLimits& limits = {}) {
    auto made = H2ClientSession::create(*this, limits);
    if (!made) std::abort();
    session = std::move(*made);
  }
  /// After the origin's SETTINGS.
  static std::unique_ptr<Origin> ready(
      const H2ClientLimits& limits = {},
      const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries = {}) {
    auto peer = std::make_unique<Origin>(limits);
    peer->says(h2::settings(entries) + h2::settingsAck());
    return peer;
  }
  /// The origin's bytes go in, ours come out.
  bool says(std::string_view bytes, std::chrono::milliseconds later = {}) {
    m_now += later;
    const auto taken = session->receive(asBytes(bytes), m_now);
    if (!taken) error = taken.error();
    pump();
    return taken.has_value();
  }
  void pump() {
    if (auto sent = session->send(*this); !sent) error = sent.error();
  }
  std::uint32_t ask(Asked& asked, H2Request request = {}) {
    if (request.method.empty()) request.method = "GET";
    request.scheme = "http";
    request.authority = "shop.test";
    if (request.path.empty()) request.path = "/";
    opened = session->open(asked.stream, request).has_value();
    pump();
    const h2::Frame* frame = reader.last(h2::kHeaders);
    return frame == nullptr ? 0 : frame->stream;
  }
  Slice slice(std::string_view text) { return m_writer.copy(asBytes(text)); }

  H2ClientSession& operator*() const { return *session; }

 private:
  SlabPool m_pool;
  SlabWriter m_writer{m_pool};
  Timestamp m_now{std::chrono::seconds(100)};
  void onOutputReady() override {}
  void onSlotsChanged() override { ++slotChanges; }
  [[nodiscard]] bool isFull() const override { return room == 0; }
  void write(ByteView bytes) override {
    reader.feed(asText(bytes));
    room -= std::min(room, bytes.size());
  }
  void write(Slice bytes) override { write(bytes.bytes()); }

 public:
  std::unique_ptr<H2ClientSession> session;
  h2::Reader reader;
  std::optional<Error> error;
  std::size_t room = std::numeric_limits<std::size_t>::max();
  int slotChanges = 0;
  bool opened = false;
};

}  // namespace adit::test
