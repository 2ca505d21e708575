// SPDX-License-Identifier: Apache-2.0
#include "core/server/remote_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/server/client_link.h"

namespace adit::server {

namespace {

/// Less than this is copied on instead of keeping a whole slab until it is acknowledged.
constexpr std::size_t kWorthASlab = 1024;
/// Less than this in the real stream has as good as left.
constexpr std::size_t kLittle = 8 * 1024;

transport::AppErrorCode codeOf(wire::AppError error) noexcept {
  return static_cast<transport::AppErrorCode>(error);
}

}  // namespace

/// What a visitor's object uses. Kept with its number for the next stream when it is over.
class RemoteStreams::Near final : public transport::Stream {
 public:
  Near(RemoteStreams& owner, Peer& peer, std::uint32_t number) noexcept
      : m_owner(owner), m_peer(peer), m_number(number) {}

  [[nodiscard]] transport::StreamId id() const noexcept override { return m_number; }
  void setHandler(transport::StreamHandler* handler) noexcept override { m_handler = handler; }
  void send(Slice data) override { sendCopy(data.bytes()); }
  void sendCopy(ByteView data) override {
    if (!m_open || m_send != SendState::Open || data.empty()) return;
    m_inTransit += data.size();
    if (m_inTransit >= transport::kSendHighWater && !m_writableAt) m_writableAt = transport::kSendLowWater;
    m_owner.tellBytes(m_peer, StreamCommand::Data, m_number, data);
  }
  void finish() override {
    if (!m_open || m_send != SendState::Open) return;
    m_send = SendState::Finished;
    m_writableAt.reset();
    m_owner.tell(m_peer, StreamCommand::Finish, m_number);
  }
  void reset(transport::AppErrorCode code) override {
    if (!m_open || m_send == SendState::Reset) return;
    abandonSending();
    m_owner.tell(m_peer, StreamCommand::Reset, m_number, code);
  }
  void stopSending(transport::AppErrorCode code) override {
    if (!m_open || m_stopAsked || m_receivedAll) return;
    m_stopAsked = true;
    m_owner.tell(m_peer, StreamCommand::Stop, m_number, code);
  }
  void consume(std::size_t count) override {
    count = std::min(count, m_unconsumed);
    if (!m_open || count == 0) return;
    m_unconsumed -= count;
    m_owner.tell(m_peer, StreamCommand::Consume, m_number, count);
  }
  void widen(std::size_t count) override {
    if (m_open) m_owner.tell(m_peer, StreamCommand::Widen, m_number, count);
  }
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return m_inTransit; }
  void awaitWritable(std::size_t unsent) noexcept override { m_writableAt = unsent; }

  void start() noexcept {
    m_handler = nullptr;
    m_inTransit = m_unconsumed = 0;
    m_send = SendState::Open;
    m_writableAt.reset();
    m_receivedAll = m_stopAsked = false;
    m_open = true;
  }
  void onReceived(ByteView data) {
    m_unconsumed += data.size();
    if (m_handler != nullptr) {
      m_handler->onStreamData(*this, data, false);
    } else {
      consume(data.size());
    }
  }
  void onReceivedEnd() {
    m_receivedAll = true;
    if (m_handler != nullptr) m_handler->onStreamData(*this, {}, true);
  }
  void onReset(transport::AppErrorCode code) {
    m_receivedAll = true;
    if (m_handler != nullptr) m_handler->onStreamReset(*this, code);
  }
  void onStopped(transport::AppErrorCode code) {
    if (m_send == SendState::Reset) return;
    abandonSending();
    if (m_handler != nullptr) m_handler->onStreamStopped(*this, code);
  }
  void onTaken(std::size_t count) {
    m_inTransit -= std::min(count, m_inTransit);
    if (!m_writableAt || m_inTransit > *m_writableAt) return;
    m_writableAt.reset();
    if (m_handler != nullptr && m_send != SendState::Reset) m_handler->onStreamWritable(*this);
  }
  void onClosed() {
    m_open = false;
    m_inTransit = 0;
    if (auto* last = std::exchange(m_handler, nullptr); last != nullptr) last->onStreamClosed(*this);
  }
  [[nodiscard]] bool isOpen() const noexcept { return m_open; }

 private:
  enum class SendState : std::uint8_t { Open, Finished, Reset };

  void abandonSending() noexcept {
    m_send = SendState::Reset;
    m_inTransit = 0;
    m_writableAt.reset();
  }

  RemoteStreams& m_owner;
  Peer& m_peer;
  const std::uint32_t m_number;
  transport::StreamHandler* m_handler = nullptr;
  std::size_t m_inTransit = 0;  ///< Sent and not taken over by the real stream.
  std::size_t m_unconsumed = 0;
  SendState m_send = SendState::Open;
  bool m_receivedAll = false;
  bool m_stopAsked = false;
  std::optional<std::size_t> m_writableAt;  ///< In transit, where the visitor is to be told.
  bool m_open = false;
};

/// Stands in for the visitor where the real stream lives.
class RemoteStreams::Far final : public transport::StreamHandler, private TunnelLoad::Waiter {
 public:
  Far(RemoteStreams& owner, Peer& peer, std::uint32_t number) noexcept
      : m_owner(owner), m_peer(peer), m_number(number) {}

  [[nodiscard]] transport::Stream* stream() const noexcept { return m_stream; }
  void start(OpenedStream opened, const PlaceRequest& request) {
    m_stream = opened.stream;
    m_load = std::move(opened.load);
    m_place = request;
    m_owed = 0;
    m_startTurn = m_owner.m_loop.counters().turns;
    m_stream->setHandler(this);
    watchContent(false);
  }
  /// Leaves the stream to itself, and gives its place in the tunnel back.
  void end() noexcept {
    Waiter::unlink();
    if (auto* stream = std::exchange(m_stream, nullptr); stream != nullptr) stream->setHandler(nullptr);
    if (m_load != nullptr) m_load->leave(m_place.visitor);
    m_load.reset();
  }
  void send(const BatchItem& item) {
    const std::size_t size = item.value;
    if (size < kWorthASlab) {
      m_stream->sendCopy({item.data, size});
    } else {
      m_stream->send(Slice(item.slab, item.data, size));
    }
    m_owed += size;
    giveBack();
    // The request's head comes in the turn that began the stream, and perhaps some content with it.
    watchContent(m_owner.m_loop.counters().turns != m_startTurn);
  }
  void finish() {
    stopWatchingContent();
    m_stream->finish();
    giveBack();
  }

 private:
  void onStreamData(transport::Stream&, ByteView data, bool fin) override {
    stopWatchingContent();  // an answer, or an interim one: the client has what it needs to go on
    m_owner.tellBytes(m_peer, StreamCommand::Received, m_number, data);
    if (fin) m_owner.tell(m_peer, StreamCommand::ReceivedEnd, m_number);
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode code) override {
    m_owner.tell(m_peer, StreamCommand::PeerReset, m_number, code);
  }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode code) override {
    m_owed = 0;
    m_owner.tell(m_peer, StreamCommand::PeerStopped, m_number, code);
  }
  void onStreamWritable(transport::Stream&) override {
    giveBack();
    watchContent(true);
  }
  void onStreamClosed(transport::Stream&) override {
    m_stream = nullptr;
    m_owner.tell(m_peer, StreamCommand::Closed, m_number);
    m_owner.dropFar(m_peer, m_number);
  }
  void onGiveWay() override {
    const auto stream = m_stream;
    stream->setHandler(nullptr);
    stream->reset(codeOf(wire::AppError::VisitorGone));
    stream->stopSending(codeOf(wire::AppError::VisitorGone));
    m_owner.tell(m_peer, StreamCommand::PeerReset, m_number, codeOf(wire::AppError::Overloaded));
    m_owner.tell(m_peer, StreamCommand::Closed, m_number);
    m_owner.dropFar(m_peer, m_number);
  }
  void watchContent(bool begun) {
    if (m_load == nullptr || !m_place.awaitsContent) return;
    if (m_stream->unsentBytes() >= transport::kSendHighWater) {
      Waiter::unlink();
    } else if (begun) {
      m_load->awaitMore(*this, m_owner.m_loop.now());
    } else {
      m_load->awaitContent(*this, m_owner.m_loop.now());
    }
  }
  void stopWatchingContent() noexcept {
    m_place.awaitsContent = false;
    Waiter::unlink();
  }
  /// What waits here counts against the visitor as what waits there does, but for a little.
  void giveBack() {
    const std::size_t waiting = m_stream->unsentBytes();
    const std::size_t kept = waiting < kLittle ? 0 : std::min(waiting, m_owed);
    if (m_owed > kept) m_owner.tell(m_peer, StreamCommand::Taken, m_number, m_owed - kept);
    m_owed = kept;
    if (kept > 0) m_stream->awaitWritable(std::min(kept / 2, transport::kSendLowWater));
  }

  RemoteStreams& m_owner;
  Peer& m_peer;
  const std::uint32_t m_number;
  transport::Stream* m_stream = nullptr;
  std::shared_ptr<TunnelLoad> m_load;
  PlaceRequest m_place;
  std::uint64_t m_startTurn = 0;
  std::size_t m_owed = 0;  ///< Handed to the stream, and the near end was not told that it left.
};

struct RemoteStreams::Peer {
  Peer(RemoteStreams& streams, SlabPool& pool) noexcept : hub(streams), outbox(pool) {}
  RemoteStreams& hub;  ///< The other worker's; only its inbox and its loop's post are touched from here.
  Outbox outbox;
  std::vector<std::unique_ptr<Near>> near;  ///< By number.
  std::vector<std::uint32_t> freeNumbers;
  std::vector<std::unique_ptr<Far>> far;  ///< By the other's number.
  /// Slabs that came from there and were not given back: they go home with later batches, so that a flow in
  /// one direction does not pile them up on one side.
  std::ptrdiff_t borrowedSlabs = 0;
  PlaceRequest visitor;  ///< Of the next stream that it opens here.
  bool gone = false;
};

RemoteStreams::RemoteStreams(net::EventLoop& loop, unsigned index, Opener& opener)
    : m_loop(loop), m_index(index), m_opener(opener) {}

RemoteStreams::~RemoteStreams() = default;

void RemoteStreams::connect(std::span<RemoteStreams* const> all) {
  m_peers.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i != m_index) m_peers[i] = std::make_unique<Peer>(*all[i], m_loop.slabs());
  }
}

transport::Stream* RemoteStreams::open(unsigned worker, SessionId session, std::uint64_t tunnel,
                                       const PlaceRequest& request) {
  if (m_stopped || worker >= m_peers.size() || m_peers[worker] == nullptr) return nullptr;
  Peer& peer = *m_peers[worker];
  if (peer.gone) return nullptr;
  if (peer.freeNumbers.empty()) {
    const auto number = static_cast<std::uint32_t>(peer.near.size());
    peer.near.push_back(std::make_unique<Near>(*this, peer, number));
    peer.freeNumbers.reserve(peer.near.capacity());
    peer.freeNumbers.push_back(number);
  }
  const std::uint32_t number = peer.freeNumbers.back();
  peer.freeNumbers.pop_back();
  Near& stream = *peer.near[number];
  stream.start();
  if (request.visitor || request.awaitsContent) {
    const VisitorKey visitor = request.visitor.value_or(VisitorKey{});
    tell(peer, StreamCommand::Visitor, number, visitor.bits,
         (request.visitor ? kVisitorHasShare : 0) | (visitor.ipv6 ? kVisitorIsIpv6 : 0) |
             (request.awaitsContent ? kVisitorOwesContent : 0));
  }
  tell(peer, StreamCommand::Open, number, session, tunnel);
  return &stream;
}

void RemoteStreams::tell(Peer& peer, StreamCommand command, std::uint32_t stream, std::uint64_t value,
                         std::uint64_t extra) {
  if (peer.gone) return;
  peer.outbox.add(command, stream, value, extra);
  m_loop.scheduleFlush(net::FlushPhase::Late, *this);
}

void RemoteStreams::tellBytes(Peer& peer, StreamCommand command, std::uint32_t stream, ByteView bytes) {
  if (peer.gone || bytes.empty()) return;
  peer.outbox.addBytes(command, stream, bytes);
  m_loop.scheduleFlush(net::FlushPhase::Late, *this);
}

void RemoteStreams::flush() {
  for (auto& peer : m_peers) {
    if (peer == nullptr || peer->outbox.empty()) continue;
    peer->borrowedSlabs -= static_cast<std::ptrdiff_t>(peer->outbox.slabs());
    if (peer->borrowedSlabs > 0) {
      const auto back = static_cast<std::size_t>(peer->borrowedSlabs);
      peer->borrowedSlabs -= static_cast<std::ptrdiff_t>(peer->outbox.addSpareSlabs(back));
    }
    std::unique_ptr<Batch> batch = peer->outbox.take();
    batch->from = m_index;
    RemoteStreams* hub = &peer->hub;
    if (hub->m_inbox.push(std::move(batch))) hub->m_loop.post([hub] { hub->receive(); });
  }
}

void RemoteStreams::receive() {
  m_loop.noteWork();
  for (Batch* next = m_inbox.takeAll(); next != nullptr;) {
    std::unique_ptr<Batch> batch(next);
    next = batch->next;
    Peer& peer = *m_peers[batch->from];
    if (m_stopped || peer.gone) continue;
    dispatch(peer, *batch);
    peer.outbox.reuse(std::move(batch));
  }
}

void RemoteStreams::dispatch(Peer& peer, Batch& batch) {
  SlabPool& pool = m_loop.slabs();
  for (Slab* slab : batch.slabs) pool.adopt(slab);
  peer.borrowedSlabs += static_cast<std::ptrdiff_t>(batch.slabs.size());
  for (const BatchItem& item : batch.items) {
    if (peer.gone) break;
    if (item.command == StreamCommand::Gone) {
      peerGone(peer);
    } else if (item.command <= StreamCommand::Consume) {
      handleFar(peer, item);
    } else {
      handleNear(peer, item);
    }
  }
  for (Slab* slab : batch.slabs) SlabPool::release(slab);
  batch.slabs.clear();
}

void RemoteStreams::handleFar(Peer& peer, const BatchItem& item) {
  if (item.command == StreamCommand::Visitor) {
    peer.visitor.awaitsContent = (item.extra & kVisitorOwesContent) != 0;
    if ((item.extra & kVisitorHasShare) != 0)
      peer.visitor.visitor = VisitorKey{item.value, (item.extra & kVisitorIsIpv6) != 0};
    return;
  }
  if (item.command == StreamCommand::Open) {
    openFar(peer, item);
    return;
  }
  // Nothing there: the stream ended here, and the other side does not know yet.
  Far* far = item.stream < peer.far.size() ? peer.far[item.stream].get() : nullptr;
  if (far == nullptr || far->stream() == nullptr) return;
  switch (item.command) {
    case StreamCommand::Data:
      far->send(item);
      return;
    case StreamCommand::Finish:
      far->finish();
      return;
    case StreamCommand::Reset:
      far->stream()->reset(item.value);
      return;
    case StreamCommand::Stop:
      far->stream()->stopSending(item.value);
      return;
    case StreamCommand::Widen:
      far->stream()->widen(item.value);
      return;
    case StreamCommand::Consume:
      far->stream()->consume(item.value);
      return;
    default:
      return;
  }
}

void RemoteStreams::openFar(Peer& peer, const BatchItem& item) {
  const PlaceRequest request = std::exchange(peer.visitor, {});
  OpenedStream opened = m_opener.openStream(item.value, item.extra, request);
  if (opened.stream == nullptr) {
    tell(peer, StreamCommand::PeerReset, item.stream, codeOf(opened.refusal));
    tell(peer, StreamCommand::Closed, item.stream);
    return;
  }
  if (item.stream >= peer.far.size()) peer.far.resize(item.stream + std::size_t{1});
  auto& far = peer.far[item.stream];
  if (far == nullptr) far = std::make_unique<Far>(*this, peer, item.stream);
  ++m_served;
  far->start(std::move(opened), request);
}

void RemoteStreams::handleNear(Peer& peer, const BatchItem& item) {
  Near& near = *peer.near[item.stream];
  if (!near.isOpen()) return;
  switch (item.command) {
    case StreamCommand::Received:
      near.onReceived({item.data, item.value});
      return;
    case StreamCommand::ReceivedEnd:
      near.onReceivedEnd();
      return;
    case StreamCommand::PeerReset:
      near.onReset(item.value);
      return;
    case StreamCommand::PeerStopped:
      near.onStopped(item.value);
      return;
    case StreamCommand::Taken:
      near.onTaken(item.value);
      return;
    case StreamCommand::Closed:
      closeNear(peer, item.stream);
      return;
    default:
      return;
  }
}

void RemoteStreams::closeNear(Peer& peer, std::uint32_t number) {
  peer.near[number]->onClosed();
  peer.freeNumbers.push_back(number);
}

void RemoteStreams::dropFar(Peer& peer, std::uint32_t number) {
  peer.far[number]->end();
  if (--m_served == 0) m_opener.onRemoteIdle();
}

void RemoteStreams::peerGone(Peer& peer) {
  peer.gone = true;
  for (std::uint32_t number = 0; number < peer.far.size(); ++number) {
    Far* far = peer.far[number].get();
    if (far == nullptr || far->stream() == nullptr) continue;
    transport::Stream* stream = far->stream();
    stream->setHandler(nullptr);
    stream->reset(codeOf(wire::AppError::VisitorGone));
    stream->stopSending(codeOf(wire::AppError::VisitorGone));
    dropFar(peer, number);
  }
  for (std::uint32_t number = 0; number < peer.near.size(); ++number) {
    if (peer.near[number]->isOpen()) closeNear(peer, number);
  }
}

void RemoteStreams::shutDown() {
  if (m_stopped) return;
  for (auto& peer : m_peers) {
    if (peer == nullptr || peer->gone) continue;
    peerGone(*peer);
    // Whatever else was to be said does not matter any more.
    peer->outbox.take().reset();
    peer->outbox.add(StreamCommand::Gone, 0);
  }
  flush();
  m_stopped = true;
}

}  // namespace adit::server
