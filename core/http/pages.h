// SPDX-License-Identifier: Apache-2.0
#pragma once
// The pages a visitor gets when there is no answer from an origin: they say the truth in a sentence, in HTML
// or, if asked for, in JSON, and nothing about the inside. A gRPC call gets the same sentence as the message
// of a status. Pure; any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/grpc.h"
#include "core/http/message.h"

namespace adit::http {

enum class Problem : std::uint8_t {
  BadRequest,         ///< 400
  RequestTimeout,     ///< 408
  TargetTooLong,      ///< 414
  ExpectationFailed,  ///< 417
  Misdirected,        ///< 421: this connection cannot speak for the host
  HeadTooLarge,       ///< 431
  NotImplemented,     ///< 501
  BadVersion,         ///< 505
  UnknownHost,        ///< 404: no tunnel has this name
  TunnelOffline,      ///< 503: its client is not connected; Retry-After
  OriginRefused,      ///< 502: nothing answers on the port
  OriginBroken,       ///< 502: the answer was not HTTP, or broke off
  OriginSlow,         ///< 504
  Overloaded,         ///< 503 with Retry-After
  LoopDetected,       ///< 508: the request came back to this server again and again
  EndsHere,           ///< 200: OPTIONS with Max-Forwards 0, which asks us and not the origin
  TunnelList,         ///< 200: the host stands for several tunnels, which the page lists
  WhichTunnel,        ///< 404: likewise, for a request that a list is no answer to
};

std::uint16_t statusOf(Problem problem) noexcept;
/// The stable name in JSON: "tunnel-offline".
std::string_view codeOf(Problem problem) noexcept;
/// The problem for a ParseResult::errorStatus of a request; BadRequest for a status it does not know.
Problem problemOf(std::uint16_t errorStatus) noexcept;

/// The page for it lists ProblemPage::links.
constexpr bool hasLinks(Problem problem) noexcept {
  return problem == Problem::TunnelList || problem == Problem::WhichTunnel;
}

struct PageLink {
  std::string text;
  std::string url;
};

struct ProblemPage {
  Problem problem = Problem::BadRequest;
  std::string_view host;       ///< What the visitor asked for; escaped here. May be empty.
  std::string_view detail;     ///< A sentence to add ("nothing answers on port 3000"); escaped here.
  bool keepAlive = false;      ///< Whether the connection goes on after the page.
  bool headOnly = false;       ///< For HEAD.
  std::string_view date = {};  ///< The Date field's value; empty: none.
  std::optional<GrpcStatus> grpcStatus = {};  ///< Of a call, where the problem does not say it all.
  std::span<const PageLink> links = {};       ///< See hasLinks(); escaped here.
};

/// In which words a visitor wants to hear of a problem.
struct PageFormat {
  CallKind call = CallKind::None;  ///< A call is answered by a status in the head (trailers-only).
  bool json = false;               ///< Otherwise: JSON, not HTML.
};
/// By Content-Type for calls, else by Accept.
PageFormat pageFormatFor(const std::vector<Field>& requestFields) noexcept;
/// True when the Accept field prefers JSON to HTML (RFC 9110 section 12.5.1).
bool prefersJson(const std::vector<Field>& requestFields) noexcept;

/// A page for a protocol that writes its head in its own way.
struct RenderedPage {
  std::uint16_t status = 0;
  /// All but Date and what frames the content.
  std::vector<std::pair<std::string_view, std::string>> fields;
  std::string content;  ///< Empty for a call: the head says all of it.
};
/// 421 stays what it is for calls, too: it is about the connection.
RenderedPage renderPage(const ProblemPage& page, PageFormat format);
/// The whole HTTP/1.1 response: status line, fields (Date, Content-Type, Content-Length, Cache-Control:
/// no-store, Retry-After, Connection), content.
std::string renderProblem(const ProblemPage& page, PageFormat format);

}  // namespace adit::http
