// SPDX-License-Identifier: Apache-2.0
#pragma once
// The streams of a connection that have something to send, in the order in which packets are filled. Streams
// of one group (Stream::setGroup: a tunnel) take turns among themselves, and groups take turns with each
// other, so that a single stream gets half of the packets beside a group with a thousand busy streams. Groups
// are distinguished by a hash into a few places (stochastic fairness queueing): two in the same place share a
// turn. Nothing is allocated. Part of a ConnectionImpl, which owns the streams; its thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/intrusive_list.h"
#include "core/quic/stream_impl.h"

namespace adit::quic {

class ReadyStreams {
 public:
  /// Tunnels' numbers count up from one, so up to this many tunnels never share a turn.
  static constexpr std::size_t kPlaces = 32;

  [[nodiscard]] bool empty() noexcept { return front() == nullptr; }
  /// Appends the stream to its group, if it is not queued already.
  void add(StreamImpl& stream) noexcept {
    ListHook<ReadyStreamsTag>& hook = stream;
    if (hook.isLinked()) return;
    Place& place = placeOf(stream);
    place.streams.pushBack(stream);
    if (!place.isLinked()) m_turns.pushBack(place);
  }
  /// The stream whose turn it is; null if none has anything to send.
  [[nodiscard]] StreamImpl* front() noexcept {
    while (Place* place = m_turns.front()) {
      if (StreamImpl* stream = place->streams.front()) return stream;
      place->unlink();  // its streams left by themselves
    }
    return nullptr;
  }
  /// The first stream with nothing left to send but its FIN; null if there is none.
  [[nodiscard]] StreamImpl* firstBareFin() noexcept {
    for (Place* place = m_turns.front(); place != nullptr; place = m_turns.next(*place)) {
      StreamImpl* stream = place->streams.front();
      while (stream != nullptr && !stream->unsent().empty()) stream = place->streams.next(*stream);
      if (stream != nullptr) return stream;
    }
    return nullptr;
  }
  /// A packet was sent whose last bytes were `stream`'s: the next packet is another group's, and the group's
  /// next one another stream's. The stream may have left the queue.
  void rotate(StreamImpl& stream) noexcept {
    Place& place = placeOf(stream);
    const ListHook<ReadyStreamsTag>& hook = stream;
    if (hook.isLinked()) place.streams.pushBack(stream);
    if (place.isLinked()) m_turns.pushBack(place);
  }

 private:
  struct TurnTag;
  struct Place : ListHook<TurnTag> {
    IntrusiveList<StreamImpl, ReadyStreamsTag> streams;
  };
  [[nodiscard]] Place& placeOf(const StreamImpl& stream) noexcept {
    return m_places[static_cast<std::size_t>(stream.group() % kPlaces)];
  }

  std::array<Place, kPlaces> m_places;
  IntrusiveList<Place, TurnTag> m_turns;  ///< Those that have streams, or had some.
};

}  // namespace adit::quic
