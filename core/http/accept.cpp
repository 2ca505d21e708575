// SPDX-License-Identifier: Apache-2.0
// What the Accept field says about HTML and JSON (RFC 9110 section 12.5.1): the most specific range decides a
// type's weight.
#include "core/http/pages.h"
#include "core/http/scan.h"

namespace adit::http {
namespace {

struct Weight {
  int quality = 0;      // thousandths
  int specificity = 0;  // 0: not mentioned, 1: */*, 2: type/*, 3: type/subtype

  void offer(int newQuality, int newSpecificity) noexcept {
    if (newSpecificity < specificity) return;
    quality = newSpecificity > specificity || newQuality > quality ? newQuality : quality;
    specificity = newSpecificity;
  }
};

/// "0.75" as 750; what is malformed weighs nothing.
int parseQuality(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int quality = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return 0;
  int unit = 100;
  for (const char c : text.substr(text.size() < 2 ? text.size() : 2)) {
    if (!scan::is(c, scan::kDigit)) return 0;
    quality += (c - '0') * unit;
    unit /= 10;
  }
  return quality > 1000 ? 0 : quality;
}

int qualityOf(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string_view parameter = scan::trim(parameters.substr(0, end));
    if (parameter.size() >= 2 && equalsIgnoreCase(parameter.substr(0, 2), "q="))
      return parseQuality(parameter.substr(2));
    if (end == std::string_view::npos) break;
    parameters.remove_prefix(end + 1);
  }
  return 1000;
}

void offerRange(std::string_view range, Weight& html, Weight& json) noexcept {
  const std::size_t semicolon = range.find(';');
  const std::string_view type = scan::trim(range.substr(0, semicolon));
  const int quality = semicolon == std::string_view::npos ? 1000 : qualityOf(range.substr(semicolon + 1));
  const bool suffix = type.size() > 5 && equalsIgnoreCase(type.substr(type.size() - 5), "+json");
  if (type == "*/*") {
    html.offer(quality, 1);
    json.offer(quality, 1);
  } else if (equalsIgnoreCase(type, "text/*")) {
    html.offer(quality, 2);
  } else if (equalsIgnoreCase(type, "application/*")) {
    json.offer(quality, 2);
  } else if (equalsIgnoreCase(type, "text/html") || equalsIgnoreCase(type, "application/xhtml+xml")) {
    html.offer(quality, 3);
  } else if (equalsIgnoreCase(type, "application/json") || suffix) {
    json.offer(quality, 3);
  }
}

}  // namespace

bool prefersJson(const std::vector<Field>& requestFields) noexcept {
  Weight html;
  Weight json;
  for (const Field& field : requestFields) {
    if (!equalsIgnoreCase(field.name, "accept")) continue;
    std::string_view value = field.value;
    for (;;) {
      const std::size_t comma = value.find(',');
      offerRange(value.substr(0, comma), html, json);
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  if (json.quality != html.quality) return json.quality > html.quality;
  // Equal weights: JSON only where it was named and HTML merely included ("application/json, */*").
  return json.quality != 0 && json.specificity > html.specificity;
}

PageFormat pageFormatFor(const std::vector<Field>& requestFields) noexcept {
  return {callKindOf(requestFields), prefersJson(requestFields)};
}

}  // namespace adit::http
