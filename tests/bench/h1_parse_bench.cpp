// SPDX-License-Identifier: Apache-2.0
// What a request head costs on its way through the tunnel: parsed, filtered, written as a frame, read back.
// Prints nanoseconds a head and gigabytes of heads a second, the best of several rounds. Build it optimized.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"

namespace {

using namespace adit;

constexpr std::string_view kBrowser =
    "GET /assets/app.3f9c1d.js?v=20 HTTP/1.1\r\n"
    "Host: brave-otter-42.t.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://brave-otter-42.t.example.com/\r\n"
    "\r\n";
constexpr std::string_view kSmall = "GET / HTTP/1.1\r\nHost: brave-otter-42.localhost:8080\r\n\r\n";

template <typename Work>
void measure(const char* name, std::string_view head, Work work) {
  constexpr int kRounds = 7;
  constexpr int kRepeats = 200'000;
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepeats; ++i) work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / kRepeats);
  }
  std::printf("%-32s %4zu bytes  %7.1f ns  %5.2f GB/s\n", name, head.size(), best,
              static_cast<double>(head.size()) / best);
}

void measureHead(const char* name, std::string_view text) {
  const std::string buffer(text);
  http::RequestHead head;
  http::RequestTraits traits;
  std::uint64_t sink = 0;
  const auto parse = [&] {
    std::size_t scanned = 0;
    sink += http::parseRequestHead(buffer, {}, scanned, head, traits).consumed;
  };
  std::printf("%s\n", name);
  measure("  parse", text, parse);
  measure("  parse, filter", text, [&] {
    parse();
    http::removeHopByHop(head.fields, http::Direction::Request);
  });
  parse();
  http::removeHopByHop(head.fields, http::Direction::Request);
  const wire::RequestHeadFrame frame{&head, traits.framing, false, false};
  std::vector<std::uint8_t> payload(wire::requestHeadSize(frame));
  measure("  size and write frame", text, [&] {
    sink += wire::requestHeadSize(frame);
    wire::writeRequestHead(frame, payload.data());
  });
  http::RequestHead decoded;
  wire::RequestHeadFrame back{&decoded, {}, false, false};
  measure("  read frame", text, [&] { sink += wire::readRequestHead(payload, back).has_value() ? 1U : 0U; });
  std::printf("  the frame's payload: %zu bytes (checksum %llu)\n", payload.size(),
              static_cast<unsigned long long>(sink));
}

}  // namespace

int main() {
  measureHead("a browser's request", kBrowser);
  measureHead("a small request", kSmall);
  return 0;
}
