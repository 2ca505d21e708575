// SPDX-License-Identifier: Apache-2.0
// Hosts and ports: what is read lies inside the text and reads the same when it is put together again; join
// links with such a host survive being printed.
#include <string>

#include "core/base/host_port.h"
#include "core/session/join_link.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Exact copy(asText({data, size}));
  const std::string_view text = copy.text();
  const auto parsed = parseHostPort(text);
  require(!isDomainName(text) || (parsed && parsed->kind == HostKind::Name), "a domain is a name");
  if (!parsed) {
    require(!describe(parsed.error()).empty(), "each error has words");
  } else {
    require(
        parsed->host.data() >= text.data() && parsed->host.data() + parsed->host.size() <= text.data() + size,
        "the host lies inside the text");
    require(!parsed->host.empty(), "a host is not empty");
    std::string again(parsed->host);
    if (parsed->kind == HostKind::Ipv6) again = "[" + again + "]";
    if (parsed->port) again += ":" + std::to_string(*parsed->port);
    const auto second = parseHostPort(again);
    require(second && second->host == parsed->host && second->port == parsed->port &&
                second->kind == parsed->kind,
            "what was read reads the same");
  }
  if (const auto link = session::JoinLink::parse(text)) {
    const auto again = session::JoinLink::parse(link->toString());
    require(again && *again == *link, "a link survives being printed");
  }
  return 0;
}
