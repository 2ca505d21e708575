// SPDX-License-Identifier: Apache-2.0
#pragma once
// Request heads for tests of the parser, parsed whole, byte by byte and cut in two at every place: the
// verdict must be the same.

#include <QTest>

#include <algorithm>
#include <string>
#include <string_view>

#include "core/http/h1_parser.h"

namespace adit::test {

using namespace adit::http;

struct Parsed {
  ParseResult result;
  RequestHead head;
  RequestTraits traits;
};

inline void parseWhole(const std::string& text, const HeadLimits& limits, Parsed& parsed) {
  std::size_t scanned = 0;
  parsed.result = parseRequestHead(text, limits, scanned, parsed.head, parsed.traits);
}

/// Feeds growing prefixes, each in a buffer of its own as after a reallocation, until there is a verdict.
inline ParseResult parseGrowing(const std::string& text, const HeadLimits& limits, std::size_t step,
                                Parsed& parsed, std::string& buffer) {
  std::size_t scanned = 0;
  for (std::size_t size = std::min(step, text.size());; size = std::min(size + step, text.size())) {
    buffer = std::string(text, 0, size);
    parsed.result = parseRequestHead(buffer, limits, scanned, parsed.head, parsed.traits);
    if (parsed.result.status != ParseStatus::NeedMore || size == text.size()) return parsed.result;
  }
}

inline bool sameVerdict(const ParseResult& a, const ParseResult& b) {
  return a.status == b.status && a.errorStatus == b.errorStatus && a.consumed == b.consumed &&
         a.errorReason == b.errorReason;
}

inline bool sameHead(const RequestHead& a, const RequestHead& b) {
  if (a.method != b.method || a.target != b.target || a.authority != b.authority || a.version != b.version)
    return false;
  if (a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.fields.size(); ++i) {
    if (a.fields[i].name != b.fields[i].name || a.fields[i].value != b.fields[i].value) return false;
  }
  return true;
}

/// The verdict on `text`, after checking that no way of splitting it changes it.
inline void parseEveryWay(const std::string& text, const HeadLimits& limits, Parsed& whole) {
  parseWhole(text, limits, whole);
  Parsed other;
  std::string buffer;
  for (std::size_t step = 1; step < text.size(); step = step < 8 ? step + 1 : step * 2) {
    const ParseResult result = parseGrowing(text, limits, step, other, buffer);
    QVERIFY2(sameVerdict(result, whole.result), text.c_str());
    if (result.status == ParseStatus::Complete) QVERIFY2(sameHead(other.head, whole.head), text.c_str());
  }
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::size_t scanned = 0;
    ParseResult result =
        parseRequestHead(std::string_view(text).substr(0, cut), limits, scanned, other.head, other.traits);
    if (result.status == ParseStatus::NeedMore)
      result = parseRequestHead(text, limits, scanned, other.head, other.traits);
    QVERIFY2(sameVerdict(result, whole.result), text.c_str());
  }
}

inline std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
}
inline std::string post(const std::string& fields) {
  return "POST /x HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n";
}

}  // namespace adit::test
