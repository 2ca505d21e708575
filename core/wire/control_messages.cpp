// SPDX-License-Identifier: Apache-2.0
#include "core/wire/control_messages.h"

#include <array>
#include <iterator>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/wire/cbor.h"
#include "core/wire/varint.h"

namespace adit::wire {

namespace {

// Two varints of at most eight bytes.
constexpr std::size_t kMaxHeader = 16;
// Consumed bytes are dropped from the buffer's front once there are this many, or when it is empty.
constexpr std::size_t kCompactFrom = 16 * 1024;

/// Writes the pairs of a map, those with an empty text or list left out, and counts them.
class MapWriter {
 public:
  void number(std::uint64_t key, std::uint64_t value) { next(key).number(value); }
  /// Left out where it is 0.
  void positive(std::uint64_t key, std::uint64_t value) {
    if (value != 0) next(key).number(value);
  }
  void boolean(std::uint64_t key, bool value) { next(key).boolean(value); }
  /// Left out where it is false.
  void flag(std::uint64_t key, bool value) {
    if (value) next(key).boolean(true);
  }
  void text(std::uint64_t key, std::string_view value) {
    if (!value.empty()) next(key).text(value);
  }
  void texts(std::uint64_t key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    next(key).array(values.size());
    for (const auto& value : values) m_writer.text(value);
  }
  void numbers(std::uint64_t key, const std::vector<std::uint64_t>& values) {
    next(key).array(values.size());
    for (const std::uint64_t value : values) m_writer.number(value);
  }
  void map(std::uint64_t key, const MapWriter& value) {
    next(key);
    value.appendTo(m_pairs);
  }
  void maps(std::uint64_t key, std::uint64_t count, std::string_view encoded) {
    next(key).array(count);
    m_pairs.append(encoded);
  }
  void appendTo(std::string& out) const {
    cbor::Writer(out).map(m_count);
    out.append(m_pairs);
  }

 private:
  cbor::Writer& next(std::uint64_t key) {
    ++m_count;
    m_writer.number(key);
    return m_writer;
  }
  std::string m_pairs;
  cbor::Writer m_writer{m_pairs};
  std::uint64_t m_count = 0;
};

void write(MapWriter& map, const Login& message) {
  map.number(1, message.minVersion);
  map.number(2, message.maxVersion);
  map.text(3, message.token);
  map.text(4, displayText(message.clientName, kMaxClientName));
  map.text(5, displayText(message.agent, kMaxAgent));
  map.texts(6, message.capabilities);
  map.text(7, message.instance);
  map.positive(8, message.processId);
  map.positive(9, message.startedUnix);
  map.text(10, displayText(message.program, kMaxProgram));
}

void write(MapWriter& map, const LoginAccepted& message) {
  map.number(1, message.version);
  map.text(2, message.session);
  map.text(3, message.domain);
  map.number(4, message.maxTunnels);
  map.number(5, message.heartbeatMs);
  map.texts(6, message.capabilities);
}

void write(MapWriter& map, const LoginRefused& message) {
  map.text(1, message.code);
  map.text(2, displayText(message.message, kMaxSentence));
}

void write(MapWriter& map, const Declare& message) {
  map.number(1, message.revision);
  std::string tunnels;
  for (const TunnelDeclaration& tunnel : message.tunnels) {
    MapWriter entry;
    entry.number(1, tunnel.id);
    entry.number(2, static_cast<std::uint64_t>(tunnel.kind));
    entry.text(3, tunnel.name);
    entry.flag(4, tunnel.takeOver);
    entry.flag(5, tunnel.chosen);
    entry.appendTo(tunnels);
  }
  map.maps(2, message.tunnels.size(), tunnels);
}

void write(MapWriter& map, const Declared& message) {
  map.number(1, message.revision);
  std::string answers;
  for (const TunnelAnswer& answer : message.answers) {
    MapWriter entry;
    entry.number(1, answer.id);
    entry.boolean(2, answer.accepted);
    entry.text(3, answer.name);
    entry.text(4, answer.url);
    entry.text(5, answer.code);
    entry.text(6, displayText(answer.message, kMaxSentence));
    entry.positive(7, answer.plainPort);
    entry.flag(8, answer.selfSigned);
    if (answer.holder) {
      MapWriter holder;
      holder.text(1, displayText(answer.holder->device, kMaxClientName));
      holder.text(2, displayText(answer.holder->program, kMaxProgram));
      holder.positive(3, answer.holder->processId);
      holder.positive(4, answer.holder->startedUnix);
      holder.flag(5, answer.holder->ownDevice);
      entry.map(9, holder);
    }
    entry.appendTo(answers);
  }
  map.maps(2, message.answers.size(), answers);
}

void write(MapWriter& map, const Ping& message) { map.number(1, message.nonce); }
void write(MapWriter& map, const Pong& message) { map.number(1, message.nonce); }

void write(MapWriter& map, const Drain& message) {
  map.number(1, message.deadlineMs);
  map.text(2, displayText(message.reason, kMaxSentence));
}

void write(MapWriter& map, const Withdrawn& message) {
  map.numbers(1, message.tunnels);
  map.text(2, message.code);
  map.text(3, displayText(message.message, kMaxSentence));
}

void write(MapWriter& map, const Release& message) {
  map.number(1, message.request);
  map.text(2, message.name);
}

void write(MapWriter& map, const Released& message) {
  map.number(1, message.request);
  map.boolean(2, message.released);
  map.text(3, message.code);
  map.text(4, displayText(message.message, kMaxSentence));
}

void appendVarint(std::string& out, std::uint64_t value) {
  std::array<std::uint8_t, 8> room{};
  out.append(asText({room.data(), writeVarint(value, room.data())}));
}

}  // namespace

std::string_view nameOf(const ControlMessage& message) noexcept {
  static constexpr std::array<std::string_view, std::variant_size_v<ControlMessage>> kNames = {
      "Login", "LoginAccepted", "LoginRefused", "Declare", "Declared", "Ping",
      "Pong",  "Drain",         "Withdrawn",    "Release", "Released"};
  return kNames[message.index()];
}

std::string encode(const ControlMessage& message) {
  MapWriter map;
  std::visit([&map](const auto& value) { write(map, value); }, message);
  std::string payload;
  map.appendTo(payload);
  std::string out;
  appendVarint(out, message.index() + 1);
  appendVarint(out, payload.size());
  out.append(payload);
  return out;
}

std::size_t ControlReader::room() const noexcept {
  const std::size_t kept = m_buffer.size() - m_offset;
  return kept < m_limit + kMaxHeader ? m_limit + kMaxHeader - kept : 0;
}

Result<> ControlReader::feed(ByteView data) {
  if (data.size() > room())
    return fail(ErrorCode::LimitExceeded, "more control bytes than one message may have");
  if (m_offset == m_buffer.size() || m_offset >= kCompactFrom) {
    m_buffer.erase(0, m_offset);
    m_offset = 0;
  }
  m_buffer.append(asText(data));
  return {};
}

Result<bool> ControlReader::next(ControlMessage& message) {
  for (;;) {
    const ByteView data = asBytes(m_buffer).subspan(m_offset);
    std::uint64_t type = 0;
    const std::size_t typeSize = readVarint(data, type);
    if (typeSize == 0) return false;
    std::uint64_t length = 0;
    const std::size_t lengthSize = readVarint(data.subspan(typeSize), length);
    if (lengthSize == 0) return false;
    if (length > m_limit) {
      return fail(ErrorCode::LimitExceeded,
                  fmt::format("a control message of {} bytes; {} are allowed here", length, m_limit));
    }
    const std::size_t header = typeSize + lengthSize;
    if (data.size() - header < length) return false;
    auto decoded = decodePayload(type, data.subspan(header, static_cast<std::size_t>(length)));
    if (!decoded && decoded.error().code != ErrorCode::Unsupported) return fail(std::move(decoded.error()));
    m_offset += header + static_cast<std::size_t>(length);
    ++m_taken;
    if (!decoded) continue;
    message = std::move(*decoded);
    return true;
  }
}

}  // namespace adit::wire
