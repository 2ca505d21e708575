// SPDX-License-Identifier: Apache-2.0
#pragma once
// Streams of a client whose session lives on another worker. A visitor's object on worker A asks its
// worker's RemoteStreams for one and gets a transport::Stream (the near end) that behaves as a local one
// does: same order of events, same back-pressure, same life (until onStreamClosed). Worker B opens the real
// stream and stands in for the visitor there (the far end). Between the two go batches, at most one a turn
// and direction; bytes are copied once, credit comes back when the visitor's side consumed, and what a stream
// holds is bounded by its flow-control window one way and twice kSendHighWater the other. Either worker may
// stop at any time: the other's ends are then closed. One RemoteStreams a worker, owned by it; its loop's
// thread, except what says otherwise.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/net/event_loop.h"
#include "core/server/route_lookup.h"
#include "core/server/stream_batch.h"
#include "core/server/tunnel_streams.h"
#include "core/transport/stream.h"
#include "core/wire/error_codes.h"

namespace adit::server {

class RemoteStreams final : private net::Flushable {
 public:
  /// Opens the worker's own streams, for its visitors and for other workers'.
  class Opener {
   public:
    virtual OpenedStream openStream(SessionId session, std::uint64_t tunnel, const PlaceRequest& request) = 0;
    /// The last stream of another worker's visitors is over.
    virtual void onRemoteIdle() = 0;

   protected:
    ~Opener() = default;
  };

  RemoteStreams(net::EventLoop& loop, unsigned index, Opener& opener);
  RemoteStreams(const RemoteStreams&) = delete;
  RemoteStreams& operator=(const RemoteStreams&) = delete;
  ~RemoteStreams() override;

  /// All workers' in order, this one's included; before any thread starts. They must live until every thread
  /// has ended.
  void connect(std::span<RemoteStreams* const> all);
  /// A stream to a session of another worker, open for sending at once. Refused over there (session gone,
  /// overloaded): onStreamReset with the reason, then onStreamClosed. Null: that worker stops, or is this
  /// one.
  transport::Stream* open(unsigned worker, SessionId session, std::uint64_t tunnel,
                          const PlaceRequest& request = {});
  /// Streams that this worker's clients serve for other workers' visitors.
  [[nodiscard]] std::size_t servedForOthers() const noexcept { return m_served; }
  /// Ends everything and tells the others; nothing is sent or received afterwards. Before the worker's
  /// connections close.
  void shutDown();

 private:
  class Near;
  class Far;
  struct Peer;

  void flush() override;
  void receive();
  void dispatch(Peer& peer, Batch& batch);
  void handleNear(Peer& peer, const BatchItem& item);
  void handleFar(Peer& peer, const BatchItem& item);
  void openFar(Peer& peer, const BatchItem& item);
  void closeNear(Peer& peer, std::uint32_t number);
  void dropFar(Peer& peer, std::uint32_t number);
  void peerGone(Peer& peer);
  void tell(Peer& peer, StreamCommand command, std::uint32_t stream, std::uint64_t value = 0,
            std::uint64_t extra = 0);
  void tellBytes(Peer& peer, StreamCommand command, std::uint32_t stream, ByteView bytes);

  net::EventLoop& m_loop;
  const unsigned m_index;
  Opener& m_opener;
  std::vector<std::unique_ptr<Peer>> m_peers;  ///< By worker; null at this one's place.
  std::size_t m_served = 0;
  bool m_stopped = false;
  Inbox m_inbox;  ///< The one member that other threads touch.
};

}  // namespace adit::server
