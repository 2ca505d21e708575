// SPDX-License-Identifier: Apache-2.0
#pragma once
// The visitor and the origin of an ExchangeWorld: they do what their script says, at times drawn from the
// seed, and write down what they got. One thread.

#include <optional>
#include <string>

#include "tests/sim/exchange_world.h"

namespace adit::sim {

class SimVisitor final : private server::Exchange::Sink {
 public:
  enum class Outcome : std::uint8_t { Pending, Whole, Failed, Aborted, NotBegun };
  SimVisitor(ExchangeWorld& world, std::size_t index, RequestScript script);
  void start();

  const RequestScript script;
  Outcome outcome = Outcome::Pending;
  std::string received, trailer, fault;
  std::uint16_t status = 0;
  bool upgraded = false;
  std::optional<wire::AppError> cause;

 private:
  Result<> onInterimHead(http::ResponseHead& head) override;
  Result<> onResponseHead(const server::ResponseStart& start) override;
  Result<> onResponseBody(ByteView data) override;
  Result<> onResponseTrailers(const std::vector<http::Field>& fields) override;
  void onResponseEnd() override;
  void onExchangeFailed(wire::AppError why) override;
  void onRequestWritable() override;
  void onRequestStopped() override;

  void sendSome();
  void readSome(std::size_t count);
  void conclude(Outcome what);

  ExchangeWorld& m_world;
  std::size_t m_index;
  server::Exchange m_exchange;
  std::size_t m_sent = 0, m_unread = 0;
  bool m_sendDue = false, m_finished = false, m_stopped = false, m_answered = false;
};

class SimOrigin final : public client::OriginExchange {
 public:
  SimOrigin(ExchangeWorld& world, User& user) : m_world(world), m_user(user) {}

  std::string received, trailer;
  bool finished = false, over = true;

  void begin(client::Tunnel& tunnel, const client::OriginRequest& request) override;
  void sendContent(ByteView data) override;
  void sendTrailers(std::span<const http::Field> fields) override;
  void finish() override;
  void cancel(client::CancelReason reason) override;
  void pauseAnswer() override { m_paused = true; }
  void resumeAnswer() override;
  [[nodiscard]] std::size_t queuedBytes() const noexcept override { return m_queued; }

 private:
  /// Later, unless the request is over by then.
  void later(Duration delay, std::function<void()> what);
  void drain(std::size_t count);
  void respond();
  void sendSome();
  void endAnswer();

  ExchangeWorld& m_world;
  User& m_user;
  const RequestScript* m_script = nullptr;
  std::uint64_t m_epoch = 0;
  std::size_t m_queued = 0, m_sent = 0;
  bool m_paused = false, m_responding = false, m_sendDue = false, m_halfEnded = false;
};

}  // namespace adit::sim
