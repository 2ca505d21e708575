// SPDX-License-Identifier: Apache-2.0
// many_clients JOIN_LINK_FILE COUNT: so many clients in one process and on one loop, each with its own key,
// UDP socket, session and one tunnel, driven by the link that real clients use. Prints "online SECONDS" when
// all are online for the first time, "lost" when the first of them is not any more, and "online SECONDS"
// again once every one of them was lost and is back. Runs until its standard input ends. For benchmarks: what
// many idle clients cost a server, and how soon they are back after it was restarted.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/log.h"
#include "core/client/quic_dialer.h"
#include "core/client/server_link.h"

using namespace adit;

namespace {

class Crowd;

class Member final : private client::ServerLink::Handler {
 public:
  Member(Crowd& crowd, net::EventLoop& loop, std::shared_ptr<const tls::Identity> identity,
         client::ServerLinkParams params, const session::JoinLink& join)
      : m_crowd(crowd),
        m_dialer(loop, m_random, {std::move(identity), 0}),
        m_link(loop, m_dialer, m_random, std::move(params),
               static_cast<client::ServerLink::Handler&>(*this)) {
    m_link.connectTo(join);
  }

 private:
  void onLinkChanged() override;
  void onDeclared(const wire::Declared& declared) override;
  std::vector<wire::TunnelDeclaration> declarations() override {
    return {{1, wire::TunnelKind::Http, m_name}};
  }
  void onWithdrawn(const wire::Withdrawn&) override {}
  void onReleased(const wire::Released&) override {}
  void onStreamOpened(transport::Link&, transport::Stream& stream) override {
    stream.reset(static_cast<transport::AppErrorCode>(wire::AppError::TunnelUnknown));
  }

  Crowd& m_crowd;
  std::string m_name;
  bool m_online = false;
  SecureRandom m_random;
  client::QuicDialer m_dialer;
  client::ServerLink m_link;
};

class Crowd {
 public:
  Crowd(net::EventLoop& loop, std::size_t count)
      : m_loop(loop), m_count(count), m_lost(count), m_since(loop.now()) {}
  void join(std::shared_ptr<const tls::Identity> identity, const session::JoinLink& link) {
    client::ServerLinkParams params;
    params.agent = "bench/1";
    m_members.push_back(
        std::make_unique<Member>(*this, m_loop, std::move(identity), std::move(params), link));
  }
  void changed(bool online) {
    if (online) {
      ++m_online;
    } else {
      --m_online;
      if (m_lost++ == 0) {
        m_since = m_loop.now();
        std::printf("lost\n");
      }
    }
    // A restarted server is missed by some only when others are back already.
    if (m_online == m_count && m_lost >= m_count) {
      m_lost = 0;
      std::printf("online %.2f\n", std::chrono::duration<double>(m_loop.now() - m_since).count());
    }
    std::fflush(stdout);
  }
  void leave() { m_members.clear(); }

 private:
  net::EventLoop& m_loop;
  std::size_t m_count;
  std::size_t m_online = 0;
  std::size_t m_lost;  ///< Since all were online; all of them in the beginning.
  Timestamp m_since;
  std::vector<std::unique_ptr<Member>> m_members;
};

void Member::onLinkChanged() {
  if (!m_online || m_link.state() == client::LinkState::Online) return;
  m_online = false;
  m_crowd.changed(false);
}

void Member::onDeclared(const wire::Declared& declared) {
  if (m_online || declared.answers.empty() || !declared.answers.front().accepted) return;
  m_name = declared.answers.front().name;
  m_online = true;
  m_crowd.changed(true);
}

}  // namespace

int main(int argc, char** argv) {
  std::string text;
  if (argc == 3) {
    std::ifstream file(argv[1]);
    std::getline(file, text);
  }
  auto link = session::JoinLink::parse(text);
  if (!link) {
    std::fprintf(stderr, "usage: many_clients JOIN_LINK_FILE COUNT\n");
    return 2;
  }
  const auto count = static_cast<std::size_t>(std::atoi(argv[2]));
  auto loop = net::EventLoop::create().value();
  std::vector<std::shared_ptr<const tls::Identity>> identities;
  for (std::size_t i = 0; i < count; ++i) identities.push_back(tls::Identity::generate("bench").value());
  Crowd crowd(*loop, count);
  for (auto& identity : identities) crowd.join(std::move(identity), *link);
  std::thread input([&loop] {
    while (std::getchar() != EOF) {
    }
    loop->post([&loop] { loop->stop(); });
  });
  loop->run();
  crowd.leave();
  loop->runOnce();
  input.join();
  return 0;
}
