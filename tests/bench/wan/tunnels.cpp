// SPDX-License-Identifier: Apache-2.0
// wan_tunnels JOIN_LINK_FILE STATE_DIRECTORY NAME=TARGET...: one client with several tunnels, which `adit
// http` has no way to ask for. Prints "online" once the server has accepted every tunnel, and runs until its
// standard input ends. For benchmarks.
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>

#include "core/base/log.h"
#include "core/engine/engine.h"

using namespace adit;

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: wan_tunnels JOIN_LINK_FILE STATE_DIRECTORY NAME=TARGET...\n");
    return 2;
  }
  std::string text;
  std::ifstream file(argv[1]);
  std::getline(file, text);
  auto link = session::JoinLink::parse(text);
  if (!link) {
    std::fprintf(stderr, "wan_tunnels: %s\n", link.error().detail.c_str());
    return 1;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t wakes = 0;
  engine::EngineParams params;
  params.stateDirectory = argv[2];
  params.join = std::move(*link);
  params.clientName = "bench";
  params.wake = [&] {
    const std::lock_guard lock(mutex);
    ++wakes;
    changed.notify_one();
  };
  auto engine = engine::Engine::start(std::move(params));
  if (!engine) {
    std::fprintf(stderr, "wan_tunnels: %s\n", engine.error().detail.c_str());
    return 1;
  }
  for (int i = 3; i < argc; ++i) {
    const std::string pair = argv[i];
    const std::size_t split = pair.find('=');
    engine::TunnelSpec spec;
    spec.name = pair.substr(0, split);
    spec.target = split == std::string::npos ? "" : pair.substr(split + 1);
    if (auto added = (*engine)->addTunnel(spec); !added) {
      std::fprintf(stderr, "wan_tunnels: %s\n", added.error().detail.c_str());
      return 1;
    }
  }
  for (std::uint64_t seen = 0;;) {
    (*engine)->takeEvents();
    int online = 0;
    for (const auto& tunnel : (*engine)->snapshot().tunnels)
      online += tunnel.state == engine::TunnelState::Online ? 1 : 0;
    if (online == argc - 3) break;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return wakes != seen; });
    seen = wakes;
  }
  std::printf("online\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
