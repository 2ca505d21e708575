// SPDX-License-Identifier: Apache-2.0
#include "core/http/pages.h"

#include <array>

#include <spdlog/fmt/fmt.h>

#include "core/http/h1_writer.h"
#include "core/http/text.h"

namespace adit::http {
namespace {

struct Words {
  Problem problem;
  std::uint16_t status;
  std::uint16_t retryAfter;  // seconds; 0: no field
  std::string_view code;
  std::string_view title;
  std::string_view sentence;
};

constexpr std::array<Words, 18> kWords = {{
    {Problem::BadRequest, 400, 0, "bad-request", "This request cannot be understood",
     "What arrived is not valid HTTP, so nothing was passed on."},
    {Problem::RequestTimeout, 408, 0, "request-timeout", "The request took too long",
     "It did not arrive completely in the time allowed."},
    {Problem::TargetTooLong, 414, 0, "target-too-long", "The address is too long",
     "The path and query are longer than what is accepted here."},
    {Problem::ExpectationFailed, 417, 0, "expectation-failed",
     "The request expects something not offered here", "Its Expect field asks for more than 100-continue."},
    {Problem::Misdirected, 421, 0, "misdirected", "This connection is for another address",
     "The browser used a connection whose certificate does not cover this name. Reloading the page helps."},
    {Problem::HeadTooLarge, 431, 0, "head-too-large", "The request carries too much",
     "Its header fields are larger than what is accepted here. Clearing this site's cookies often helps."},
    {Problem::NotImplemented, 501, 0, "not-implemented", "This is not offered here",
     "The request uses a method or an encoding that is not passed on."},
    {Problem::BadVersion, 505, 0, "bad-version", "This version of HTTP is not spoken here",
     "HTTP/1.1 and HTTP/1.0 are."},
    {Problem::UnknownHost, 404, 0, "unknown-host", "There is no tunnel at this address",
     "Nothing has this name here. Check the address for a slip of the keyboard."},
    {Problem::TunnelOffline, 503, 10, "tunnel-offline", "This tunnel is offline",
     "Its owner's computer is not connected right now."},
    {Problem::OriginRefused, 502, 0, "origin-refused", "Nothing answers behind this tunnel",
     "The tunnel is up, but the program it leads to did not accept a connection. It may not be running."},
    {Problem::OriginBroken, 502, 0, "origin-broken", "The answer broke off",
     "The program behind this tunnel ended its answer early, or what it sent was not HTTP."},
    {Problem::OriginSlow, 504, 0, "origin-slow", "The answer takes too long",
     "The program behind this tunnel did not answer in the time allowed."},
    {Problem::Overloaded, 503, 2, "overloaded", "Too busy right now",
     "More requests are under way than can be served at once. Try again in a moment."},
    {Problem::LoopDetected, 508, 0, "loop-detected", "This request goes in circles",
     "It came back to this server several times. The program behind the tunnel passes it on to the tunnel."},
    {Problem::EndsHere, 200, 0, "ends-here", "The request was for this server",
     "Its Max-Forwards field is zero, so it was not passed on."},
    {Problem::TunnelList, 200, 0, "tunnels", "Tunnels on this computer", "Each has an address of its own."},
    {Problem::WhichTunnel, 404, 0, "which-tunnel", "Which tunnel?",
     "This host stands for several tunnels, so nothing was passed on. Each has an address of its own."},
}};

const Words& wordsOf(Problem problem) noexcept {
  for (const Words& words : kWords) {
    if (words.problem == problem) return words;
  }
  return kWords.front();
}

// One style for light and dark; the mark is the mouth of an adit.
constexpr std::string_view kStyle =
    ":root{color-scheme:light "
    "dark;--paper:#f6f5f2;--ink:#23262b;--soft:#6b6f76;--line:#dfdcd5;--lamp:#c8791a}"
    "@media(prefers-color-scheme:dark){:root{--paper:#17191d;--ink:#e8e6e1;--soft:#9a9da3;--line:#2d3036;"
    "--lamp:#f0a94a}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;background:var(--paper);"
    "color:var(--ink);font:1rem/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}"
    "main{max-width:34rem;width:100%}"
    "svg{display:block;width:3.5rem;height:3.5rem;margin-bottom:1.75rem}"
    "h1{margin:0 0 .75rem;font-size:1.75rem;line-height:1.25;font-weight:650;letter-spacing:-.01em}"
    "p{margin:0 0 .75rem;overflow-wrap:anywhere}"
    "ul{margin:0 0 .75rem;padding:0;list-style:none}"
    "li{padding:.5rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}"
    "a{color:inherit;font-weight:600;text-decoration-color:var(--lamp);text-underline-offset:.2em}"
    "li span{display:block;font-size:.875rem;color:var(--soft)}"
    ".detail{padding:.75rem 1rem;border-left:3px solid var(--lamp);color:var(--soft)}"
    "footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);display:flex;gap:1rem;"
    "justify-content:space-between;font-size:.8125rem;color:var(--soft)}"
    "footer span{overflow-wrap:anywhere}";

constexpr std::string_view kMark =
    "<svg viewBox=\"0 0 56 56\" fill=\"none\" aria-hidden=\"true\">"
    "<path d=\"M6 50V28a22 22 0 0 1 44 0v22\" stroke=\"var(--ink)\" stroke-width=\"4\" "
    "stroke-linecap=\"round\"/>"
    "<path d=\"M17 50V29a11 11 0 0 1 22 0v21\" stroke=\"var(--soft)\" stroke-width=\"3\" "
    "stroke-linecap=\"round\"/>"
    "<circle cx=\"28\" cy=\"33\" r=\"4\" fill=\"var(--lamp)\"/></svg>";

std::string renderHtml(const Words& words, const ProblemPage& page) {
  std::string detail;
  if (!page.detail.empty()) {
    detail = fmt::format("<p class=\"detail\">{}</p>\n", escapeHtml(asSentence(page.detail)));
  }
  if (!page.links.empty()) {
    detail += "<ul>\n";
    for (const PageLink& link : page.links) {
      const std::string url = escapeHtml(link.url);
      detail += fmt::format("<li><a href=\"{0}\">{1}</a><span>{0}</span></li>\n", url, escapeHtml(link.text));
    }
    detail += "</ul>\n";
  }
  std::string host;
  if (!page.host.empty()) host = fmt::format("<span>{}</span>", escapeHtml(page.host));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n{2}\n<h1>{0}</h1>\n<p>{3}</p>\n{4}"
      "<footer>{5}<span>{6} · Adit</span></footer>\n</main>\n</body>\n</html>\n",
      escapeHtml(words.title), kStyle, kMark, escapeHtml(words.sentence), detail, host, words.status);
}

std::string plainMessage(const Words& words, const ProblemPage& page) {
  std::string message = fmt::format("{}. {}", words.title, words.sentence);
  if (!page.detail.empty()) message += fmt::format(" {}", asSentence(page.detail));
  return message;
}

std::string renderJson(const Words& words, const ProblemPage& page) {
  std::string tunnels;
  for (const PageLink& link : page.links) {
    tunnels += fmt::format("{}{{\"name\":\"{}\",\"url\":\"{}\"}}", tunnels.empty() ? "" : ",",
                           escapeJson(link.text), escapeJson(link.url));
  }
  if (page.problem == Problem::TunnelList) return fmt::format("{{\"tunnels\":[{}]}}\n", tunnels);
  return fmt::format("{{\"error\":{{\"status\":{},\"code\":\"{}\",\"message\":\"{}\"}}{}}}\n", words.status,
                     words.code, escapeJson(plainMessage(words, page)),
                     hasLinks(page.problem) ? fmt::format(",\"tunnels\":[{}]", tunnels) : std::string());
}

RenderedPage renderCall(const Words& words, const ProblemPage& page, CallKind call) {
  const GrpcStatus status = page.grpcStatus.value_or(grpcStatusFor(words.status));
  RenderedPage rendered;
  rendered.status = 200;
  rendered.fields.emplace_back("Content-Type", contentTypeOf(call));
  rendered.fields.emplace_back("Grpc-Status", fmt::to_string(static_cast<unsigned>(status)));
  rendered.fields.emplace_back("Grpc-Message", grpcMessage(plainMessage(words, page)));
  rendered.fields.emplace_back("Cache-Control", "no-store");
  return rendered;
}

}  // namespace

std::uint16_t statusOf(Problem problem) noexcept { return wordsOf(problem).status; }
std::string_view codeOf(Problem problem) noexcept { return wordsOf(problem).code; }

Problem problemOf(std::uint16_t errorStatus) noexcept {
  switch (errorStatus) {
    case 408:
      return Problem::RequestTimeout;
    case 414:
      return Problem::TargetTooLong;
    case 417:
      return Problem::ExpectationFailed;
    case 431:
      return Problem::HeadTooLarge;
    case 501:
      return Problem::NotImplemented;
    case 505:
      return Problem::BadVersion;
    default:
      return Problem::BadRequest;
  }
}

RenderedPage renderPage(const ProblemPage& page, PageFormat format) {
  const Words& words = wordsOf(page.problem);
  if (format.call != CallKind::None && page.problem != Problem::Misdirected)
    return renderCall(words, page, format.call);
  RenderedPage rendered;
  rendered.status = words.status;
  rendered.content = format.json ? renderJson(words, page) : renderHtml(words, page);
  rendered.fields = {
      {"Content-Type", format.json ? "application/json; charset=utf-8" : "text/html; charset=utf-8"},
      {"Cache-Control", "no-store"},
      {"Vary", "Accept"},
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
  };
  if (words.retryAfter != 0) rendered.fields.emplace_back("Retry-After", fmt::to_string(words.retryAfter));
  return rendered;
}

std::string renderProblem(const ProblemPage& page, PageFormat format) {
  const RenderedPage rendered = renderPage(page, format);
  std::string response = fmt::format("HTTP/1.1 {} {}\r\n", rendered.status, reasonPhrase(rendered.status));
  for (const auto& [name, value] : rendered.fields) response += fmt::format("{}: {}\r\n", name, value);
  if (!page.date.empty()) response += fmt::format("Date: {}\r\n", page.date);
  response += fmt::format("Content-Length: {}\r\nConnection: {}\r\n\r\n", rendered.content.size(),
                          page.keepAlive ? "keep-alive" : "close");
  if (!page.headOnly) response += rendered.content;
  return response;
}

}  // namespace adit::http
