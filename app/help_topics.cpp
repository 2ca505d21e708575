// SPDX-License-Identifier: Apache-2.0
#include "app/help_topics.h"

#include <array>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/nearest_word.h"
#include "core/server/limits.h"

namespace adit::app {

namespace {

constexpr std::string_view kTargets = R"(Targets: what a tunnel leads to

  3000                      HTTP/1.1 at port 3000 of this machine
  host:port                 HTTP/1.1 at another machine
  http://host[:port]        the same; port 80 unless given
  unix:/path                HTTP/1.1 at a local socket
  https://host[:port]       HTTP/1.1 with TLS; port 443 unless given
  h2c://host[:port]         HTTP/2 without TLS, which is what many gRPC servers use
  h2s://host[:port]         HTTP/2 with TLS; the service must agree to h2 by ALPN

Certificates are verified with the authorities of the system and for the host of the target.
  --origin-ca FILE            trusts the authorities in a PEM file instead
  --origin-server-name NAME   the name that the certificate must be for
  --origin-insecure           accepts any certificate; the log says so
  --host-header WHAT          what the service sees as Host: keep (the visitor's), target, or a name.
                              X-Forwarded-Host is always the visitor's. 'target' helps where a service
                              refuses names that it does not know ("Invalid Host header", "Blocked
                              request"); its redirects may then lead to its own address.
  --origin-connect-timeout, --origin-tls-timeout, --origin-timeout
                              seconds to connect, to finish the TLS handshake, and until an answer
                              begins. Visitors get a 504 after that. gRPC calls have no time-out for
                              their answer unless --origin-timeout is given.

Requests to an HTTP/2 service share connections, up to the number of requests that it allows on each; there are at
most 16 connections. A request is sent once more when the service refused it unprocessed, or when it is idempotent
and its reused connection closed before an answer began.

The service sees the visitor in Forwarded, X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto, and the server
in CDN-Loop (RFC 8586). The server answers a request that comes back to it with 508. With --via at the server
(or at 'adit http', for the embedded one), the service sees Via, too. Answers to visitors always have it.

The embedded server never listens on the port of a target.
)";

constexpr std::string_view kHttps = R"(HTTPS for visitors

  adit --server --domain t.example.com --cert fullchain.pem --key privkey.pem

With --cert (or --https-listen) visitors can use TLS 1.2 and 1.3, and the addresses of tunnels begin with
https://. --cert and --key may be given several times. The name that a visitor asks for chooses the certificate:
an exact match first, then a wildcard, otherwise the first certificate.

The server notices changed files within seconds and uses them without closing connections. If the new files
are not valid, it keeps the old certificate and logs the reason. SIGHUP makes it read the files at once.
Key files that other users can read are refused.

Without --cert the server makes a self-signed certificate and keeps it in the data directory as https.crt. For
a domain without a dot, such as localhost, https.crt is an authority for that domain alone. Trust that one file
to avoid warnings, for example: curl --cacert https.crt ...

  --redirect-http           sends visitors from http:// to https://
  adit http 3000 --https    the embedded server offers HTTPS, too, at port 4443 or the next free one; its
                            certificate is https.crt in the state directory
)";

constexpr std::string_view kProxy = R"(A proxy in front of the server

For example nginx, which ends TLS on port 443 and passes requests to Adit on the same machine:

  adit --server --domain t.example.com --http-listen 127.0.0.1:8080 \
       --trusted-proxy 127.0.0.1 --public-scheme https

  server {
    listen 443 ssl http2;
    server_name *.t.example.com;
    location / {
      proxy_pass http://127.0.0.1:8080;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_request_buffering off;
      proxy_buffering off;
    }
  }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }

From an address in a --trusted-proxy network, the server takes the visitor's address, the scheme and the host from
X-Forwarded-For, -Proto and -Host, or from Forwarded. The proxy must set these fields or remove them, because visitors
could send them, too. Limits then count the real visitor. From all other addresses the server ignores these fields. The
option may be repeated; by default no proxy is trusted.

  --public-scheme https   the addresses of tunnels begin with https://
  --public-port 8443      and have this port
)";

constexpr std::string_view kJson = R"(Output for scripts: --json

Each line of standard output is one JSON object with the member "event".

  ready      a server listens: "quic", "http" and, with HTTPS, "https" are its addresses. With --print-join or
             ADIT_PRINT_JOIN=1 the member "join" is the first join link, once.
  link       the connection to the server: "state"; while it is away also "error", "retryInMs" and "awayMs"
  tunnel     a tunnel: "name", "state", "url" when it is online, "error" when it failed. For the embedded server
             "localUrl" is the same without the name, which works where *.localhost does not resolve.
  problem    visitors got an answer of the client's own, because the service gave none: "status", "code", "cause",
             "message" and the number of "requests"; each new cause at once (or a second after
             another), the same one again after ten seconds.
             "status" is missing if the answer broke off, "cause" if the system gave none.
  token      a token, printed by 'adit token list' and 'adit token create'
  error      why the command ends: "error" has a "code" and a "message"

Exit codes: 0 success, 1 failure while running, 2 wrong usage or configuration. Ctrl-C and SIGTERM let requests
in flight finish; a second one ends the process at once. Port 0 means any free port.
)";

constexpr std::string_view kFiles = R"(Files

The state directory has the files of a client: ~/.local/state/adit, or what --state-dir or ADIT_STATE_DIR says.
  client.key, client.crt    the key that the server knows this client by
  profiles/NAME.toml        servers that were joined; each holds a join link, which is a secret
  tunnels.toml              the tunnels of the desktop application; you may edit it
  names/                    the names that servers chose, so that a tunnel gets the same one again
  https.crt, https.key      the certificate of the embedded server

The data directory has the files of a server: server/ in the state directory, or what --data-dir says.
  server.key, server.crt    the key whose fingerprint is in join links
  tokens.json               hashes of the tokens; 'adit token' changes it
  first-token               the first token, until its join link was shown
  names                     which names are reserved, and for whom
  join-address              what join links say of this server, without a token
  quic-secrets              keys by which clients notice at once that the server restarted
  server.lock               held by the one server that uses the directory

Files with secrets must belong to you or to root, and nobody else may be able to read them. A file of root's may be
readable by a group of this process (root:ssl-cert 0640). Only their owner may be able to write to the directories.
)";

constexpr std::string_view kLimits = R"(Limits on visitors

Connections are counted for each IPv4 address or IPv6 /64. This machine and trusted proxies ('adit help proxy') have a
limit of their own, because they connect for many visitors. 64 file descriptors are reserved, so that clients can still
connect when visitors have used the others.

Of the requests that a tunnel may have at a time (requests-per-tunnel), one address may have a quarter of those that are
still free (address-share), and 16 in any case. When a tunnel is full, it drops requests whose visitor has sent none of
the content that it announced for 2 s, or no more of it for 10 s; gRPC calls and requests whose answer has begun stay.

A visitor may stop reading for 5 minutes (write-timeout), as a paused player does. When more than half of what a
worker may keep for slow readers (held-bytes) is in use, those who hold the most are disconnected, after 30 s without
reading (busy-write-timeout). A visitor may also pause for 2 minutes while it sends a body (body-timeout), and for any
time once its answer has begun. While bytes flow, body-rate and read-rate are the least that is allowed. No limit
applies while nothing waits to be sent or read, which is usual with event streams and WebSockets.

)";

struct Topic {
  std::string_view name;
  std::string_view about;
  std::string_view text;
};
constexpr std::array kTopics = {
    Topic{"targets", "what a tunnel can lead to, certificates, time-outs", kTargets},
    Topic{"https", "certificates for visitors", kHttps},
    Topic{"proxy", "nginx or another proxy in front of the server", kProxy},
    Topic{"json", "output for scripts, exit codes", kJson},
    Topic{"files", "what is kept where", kFiles},
    Topic{"limits", "what visitors may use, and how to change it", kLimits},
};

}  // namespace

std::optional<std::string> helpTopic(std::string_view name) {
  for (const Topic& topic : kTopics) {
    if (topic.name != name) continue;
    return std::string(topic.text) + (topic.text == kLimits ? server::describeLimits() : std::string());
  }
  return std::nullopt;
}

std::string helpTopics() {
  std::string text = "Topics (adit help TOPIC):\n";
  for (const Topic& topic : kTopics) text += fmt::format("  {:<10}{}\n", topic.name, topic.about);
  return text;
}

std::string_view nearestTopic(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(std::size(kTopics));
  for (const Topic& topic : kTopics) names.push_back(topic.name);
  return nearestWord(name, names);
}

}  // namespace adit::app
