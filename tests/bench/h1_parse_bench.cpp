// SPDX-License-Identifier: Apache-2.0
// What a request head costs on its way through the tunnel: parsed, filtered, written as a frame, read back.
// Prints nanoseconds a head and gigabytes of heads a second, the best of several rounds, beside Debian's
// http-parser where it is installed (libhttp-parser-dev; it is given callbacks that keep every field, as our
// parser does). Build it optimized.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"

#ifdef ADIT_HAVE_HTTP_PARSER
#include <http_parser.h>
#endif

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

constexpr std::string_view kCookies =
    "POST /api/v2/orders?expand=items&locale=en HTTP/1.1\r\n"
    "Host: brave-otter-42.t.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Content-Length: 312\r\n"
    "sec-ch-ua: \"Chromium\";v=\"128\", \"Not;A=Brand\";v=\"24\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 "
    "Safari/537.36\r\n"
    "Content-Type: application/json\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Origin: https://brave-otter-42.t.example.com\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Referer: https://brave-otter-42.t.example.com/checkout?step=3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
    "Cookie: "
    "session=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkFkYSJ9.SflKxwRJSM"
    "eKKF2QT4fwpMeJf36POk6yJV_adQssw5c; theme=dark; consent=necessary%2Canalytics; "
    "_ga=GA1.1.1234567890.1725000000; "
    "cart=a1b2c3d4e5f60718293a4b5c6d7e8f90\r\n"
    "\r\n";

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

#ifdef ADIT_HAVE_HTTP_PARSER
/// What its callbacks keep: the same views that our parser gives.
struct PeerHead {
  std::string_view target;
  std::vector<http::Field> fields;
};

void measurePeer(std::string_view text) {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = [](http_parser* parser, const char* at, std::size_t size) {
    static_cast<PeerHead*>(parser->data)->target = {at, size};
    return 0;
  };
  settings.on_header_field = [](http_parser* parser, const char* at, std::size_t size) {
    static_cast<PeerHead*>(parser->data)->fields.push_back({{at, size}, {}});
    return 0;
  };
  settings.on_header_value = [](http_parser* parser, const char* at, std::size_t size) {
    static_cast<PeerHead*>(parser->data)->fields.back().value = {at, size};
    return 0;
  };
  PeerHead kept;
  http_parser parser;
  std::size_t sink = 0;
  measure("  parse, http-parser", text, [&] {
    kept.fields.clear();
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &kept;
    sink += http_parser_execute(&parser, &settings, text.data(), text.size());
  });
  if (sink % text.size() != 0) std::printf("  http-parser did not take all of it\n");
}
#endif

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
#ifdef ADIT_HAVE_HTTP_PARSER
  measurePeer(text);
#endif
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
  measureHead("a request with cookies", kCookies);
#ifndef ADIT_HAVE_HTTP_PARSER
  std::printf("not compared with http-parser: it was not there when this was built (libhttp-parser-dev)\n");
#endif
  return 0;
}
