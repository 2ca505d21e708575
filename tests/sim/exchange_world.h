// SPDX-License-Identifier: Apache-2.0
#pragma once
// Both ends of requests through a tunnel, as they are in the product: server::Exchange with a simulated
// visitor behind it, client::InboundRequest with a simulated origin, and simulated streams between them. What
// everybody does is drawn from one seed; StreamOracle and the checks at the end are the judges. One thread.

#include <memory>
#include <string>
#include <vector>

#include "core/client/inbound_request.h"
#include "core/server/exchange.h"
#include "core/server/visitor_services.h"
#include "tests/sim/frame_faults.h"
#include "tests/sim/stream_oracle.h"

namespace adit::sim {

/// What visitor and origin of one request will do.
struct RequestScript {
  // Visitor
  std::string method = "GET";
  http::Framing framing;
  std::string content;
  std::string trailer;  ///< Value of one trailer field; empty: none.
  bool webSocket = false;
  Duration pause{};      ///< Between two pieces of content, at most.
  Duration readDelay{};  ///< Until a piece of the answer is read, at most.
  std::optional<Duration> abortAfter;
  // Origin
  enum class Origin : std::uint8_t { Answers, AnswersEarly, Refuses, BreaksOff };
  Origin origin = Origin::Answers;
  Duration think{};
  int interims = 0;
  std::uint16_t status = 200;
  http::Framing answerFraming;
  std::string answer;
  std::string answerTrailer;
  std::size_t breaksAt = 0;  ///< Of the answer's content, with BreaksOff.
  /// The client answers with this instead.
  const FrameFault* fault = nullptr;

  /// Trailers that do not fit a frame.
  [[nodiscard]] bool hasLargeTrailer() const noexcept { return trailer.size() > 60'000; }
  [[nodiscard]] bool hasLargeAnswerTrailer() const noexcept { return answerTrailer.size() > 60'000; }

  static RequestScript draw(SimSchedule& schedule);
};

class SimVisitor;
class SimOrigin;

class ExchangeWorld final : private server::TunnelStreams, private client::RequestOwner {
 public:
  /// `loop` is used for its pools only and never run.
  ExchangeWorld(net::EventLoop& loop, std::uint64_t seed);
  ~ExchangeWorld();

  /// Runs everything to its end. The first thing that is wrong; empty where nothing is.
  std::string run();

  // For the actors
  [[nodiscard]] SimSchedule& schedule() noexcept { return m_schedule; }
  [[nodiscard]] net::EventLoop& loop() override { return m_loop; }
  [[nodiscard]] server::VisitorServices& services() noexcept;
  [[nodiscard]] SimVisitor& visitor(std::size_t index) noexcept { return *m_visitors[index]; }
  /// For the origin of a request that breaks the protocol: it takes its time.
  [[nodiscard]] const RequestScript& foulScript() const noexcept { return m_foulScript; }
  std::vector<SimOrigin*> origins;  ///< Of each visitor's request, once begun.

 private:
  struct Services;
  struct Pair {
    StreamOracle server{StreamOracle::Side::Server}, client{StreamOracle::Side::Client};
    std::unique_ptr<SimStream> atServer, atClient;
    std::unique_ptr<FoulPeer> foul;  ///< Plays one of the ends.
    SimVisitor* visitor = nullptr;   ///< Of a foul client.
  };
  Pair& makePair();
  void openFoul(const FrameFault& fault);
  server::OpenedStream open(const server::Destination& destination,
                            const server::PlaceRequest& request) override;
  std::shared_ptr<client::Tunnel> findTunnel(std::uint64_t id) override;
  client::AnswerBudget& answerBudget() override { return m_budget; }
  std::unique_ptr<client::OriginExchange> makeExchange(client::Target::Protocol protocol,
                                                       client::OriginExchange::User& user) override;
  void recycle(client::InboundRequest& request) override;
  void onProblem(client::OriginProblem) override {}
  void accept(SimStream& stream);
  void cut();
  std::string judge();

  net::EventLoop& m_loop;
  SimSchedule m_schedule;
  SimPath m_path;
  client::AnswerBudget m_budget;
  std::unique_ptr<Services> m_services;
  std::shared_ptr<server::TunnelLoad> m_load = std::make_shared<server::TunnelLoad>();
  std::shared_ptr<client::Tunnel> m_tunnel = std::make_shared<client::Tunnel>();
  std::vector<std::unique_ptr<Pair>> m_pairs;
  std::vector<std::unique_ptr<client::InboundRequest>> m_requests;
  IntrusiveList<client::InboundRequest> m_free;
  std::size_t m_active = 0;
  bool m_isCut = false;
  RequestScript m_foulScript;
  SimVisitor* m_starting = nullptr;  ///< Opens the next stream.
  std::vector<std::unique_ptr<SimVisitor>> m_visitors;
};

}  // namespace adit::sim
