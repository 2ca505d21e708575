// SPDX-License-Identifier: Apache-2.0
#pragma once
// An engine without a network: commands change a snapshot at once, and tests play the server and the
// visitors. Also plays the wake-ups, from whichever thread calls.

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace adit::ui::test {

class FakeEngine : public engine::Engine {
 public:
  explicit FakeEngine(std::function<void()> wake);

  Result<engine::TunnelId> addTunnel(const engine::TunnelSpec& spec, bool started) override;
  Result<> changeTunnel(engine::TunnelId id, const engine::TunnelSpec& spec) override;
  void removeTunnel(engine::TunnelId id) override;
  void startTunnel(engine::TunnelId id) override;
  void stopTunnel(engine::TunnelId id) override;
  Result<> join(const session::JoinLink& link) override;
  Result<> useEmbedded() override;
  void retryNow() override;
  engine::Snapshot snapshot() const override;
  std::vector<engine::Event> takeEvents() override;
  Result<> releaseName(const std::string&) override { return {}; }
  void drain(std::chrono::milliseconds deadline, std::function<void()> done) override;

  // The server's and the visitors' side.
  void setLink(const engine::LinkSnapshot& link);
  void setState(engine::TunnelId id, engine::TunnelState state, std::optional<Error> error = std::nullopt);
  /// Another of the user's sessions has the tunnel's name; `detail` says who.
  void holdElsewhere(engine::TunnelId id, const std::string& detail);
  void addTraffic(engine::TunnelId id, std::uint64_t in, std::uint64_t out, std::uint64_t requests,
                  std::uint32_t active = 0);
  void setUrl(engine::TunnelId id, const std::string& url);
  /// As a server with HTTPS whose certificate is self-signed gives them.
  void setAddresses(engine::TunnelId id, const std::string& url, const std::string& plainUrl,
                    bool selfSigned);
  void addFailures(engine::TunnelId id, std::uint64_t failures);
  void log(LogLevel level, const std::string& component, const std::string& message,
           std::chrono::system_clock::time_point time = std::chrono::system_clock::now());
  void setClock(std::function<std::chrono::steady_clock::time_point()> clock);
  /// The next addTunnel, changeTunnel, join or useEmbedded fails with this, the last one by an event.
  void refuseNext(const Error& error);
  /// New tunnels and servers stay in Connecting where false.
  void setPrompt(bool prompt);
  [[nodiscard]] int retries() const { return m_retries; }
  [[nodiscard]] bool drained() const { return m_drained; }
  [[nodiscard]] std::optional<std::string> joined() const;

 private:
  engine::TunnelSnapshot* find(engine::TunnelId id);
  void declare(engine::TunnelSnapshot& tunnel);
  void changed(engine::TunnelId id);
  void added(engine::Event event);

  mutable std::mutex m_mutex;
  std::function<void()> m_wake;
  std::function<std::chrono::steady_clock::time_point()> m_clock;
  engine::Snapshot m_snapshot;
  std::vector<engine::Event> m_events;
  std::optional<Error> m_refusal;
  std::string m_domain = "localhost:8080";
  bool m_prompt = true;
  engine::TunnelId m_nextId = 1;
  std::atomic<int> m_retries = 0;
  std::atomic<bool> m_drained = false;
};

}  // namespace adit::ui::test
