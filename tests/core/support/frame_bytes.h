// SPDX-License-Identifier: Apache-2.0
#pragma once
// The payloads of head frames as bytes, for tests that write them by hand or compare them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <QtGlobal>

#include "core/wire/http_frames.h"
#include "core/wire/varint.h"

namespace adit::test {

using namespace adit::wire;

using Bytes = std::vector<std::uint8_t>;

inline Bytes written(RequestHeadFrame frame) {
  Bytes room(requestHeadSize(frame) + 1, 0xee);
  writeRequestHead(frame, room.data());
  if (room.back() != 0xee) qFatal("wrote past the size it gave");
  room.pop_back();
  return room;
}
inline Bytes written(ResponseHeadFrame frame) {
  Bytes room(responseHeadSize(frame) + 1, 0xee);
  writeResponseHead(frame, room.data());
  if (room.back() != 0xee) qFatal("wrote past the size it gave");
  room.pop_back();
  return room;
}

inline Bytes bytes(std::string_view text) { return {asBytes(text).begin(), asBytes(text).end()}; }
inline std::string sized(std::string_view text) {
  std::uint8_t room[8];
  const std::size_t size = writeVarint(text.size(), room);
  return std::string(asText({room, size})) + std::string(text);
}
inline Bytes operator+(const Bytes& a, std::string_view b) {
  Bytes sum = a;
  sum.insert(sum.end(), b.begin(), b.end());
  return sum;
}

inline std::string join(const std::vector<http::Field>& fields) {
  std::string text;
  for (const auto& field : fields) text += std::string(field.name) + "=" + std::string(field.value) + ";";
  return text;
}

/// GET / of host "a" without fields.
inline const Bytes kBareRequest = {0x10, 1, 1, '/', 1, 'a'};
/// 200, framing Chunked, without fields.
inline const Bytes kBareResponse = {0x12, 0x40, 200};

inline Result<> readRequest(const Bytes& payload) {
  http::RequestHead head;
  RequestHeadFrame frame;
  frame.head = &head;
  return readRequestHead(payload, frame);
}
inline Result<> readResponse(const Bytes& payload) {
  http::ResponseHead head;
  ResponseHeadFrame frame;
  frame.head = &head;
  return readResponseHead(payload, frame);
}

}  // namespace adit::test
