// SPDX-License-Identifier: Apache-2.0
// How connections end (RFC 9000 section 10), and how their users are informed.
#include <array>
#include <bit>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"
#include "core/quic/transport_errors.h"

namespace adit::quic {

using transport::CloseCause;
using transport::CloseInfo;

namespace {

constexpr std::size_t kMaxReason = 256;

std::string seconds(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000)
                        : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
}

}  // namespace

void ConnectionImpl::end(CloseInfo info, Farewell farewell) {
  if (!isLive()) return;
  info.heardFromPeer = m_heardFromPeer;
  if (info.reason.size() > kMaxReason) info.reason.resize(kMaxReason);
  m_wasOpen = m_state == State::Open;
  m_state = State::Ending;
  m_ending.emplace(Ending{std::move(info), farewell, {}});
  m_endpoint.markDirty(*this);
}

void ConnectionImpl::endWith(int libraryError) {
  if (!isLive()) return;
  const std::string peer = m_peer.toString();
  const TransportLimits& limits = m_endpoint.params().limits;
  CloseInfo info;
  switch (libraryError) {
    case NGTCP2_ERR_IDLE_CLOSE:
      info.cause = CloseCause::IdleTimeout;
      info.error = Error{ErrorCode::TimedOut,
                         fmt::format("nothing was heard from {} for {}", peer, seconds(limits.idleTimeout))};
      end(std::move(info), Farewell::Vanish);
      return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      info.cause = CloseCause::HandshakeTimeout;
      info.error =
          Error{ErrorCode::TimedOut,
                m_heardFromPeer ? fmt::format("{} answered, but the handshake did not complete in {}", peer,
                                              seconds(limits.handshakeTimeout))
                                : fmt::format("no answer by UDP from {} in {}: is the server running, and "
                                              "the port open in its firewall?",
                                              peer, seconds(limits.handshakeTimeout))};
      end(std::move(info), Farewell::Vanish);
      return;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
      info.cause = CloseCause::VersionNegotiation;
      info.error = Error{ErrorCode::VersionMismatch,
                         fmt::format("{} supports no QUIC version that this program supports", peer)};
      end(std::move(info), Farewell::Vanish);
      return;
    default:
      break;
  }
  ng::CloseError error{};
  info.cause = CloseCause::LocalTransport;
  if (libraryError == NGTCP2_ERR_CRYPTO) {
    ng::setTlsAlert(error, ngtcp2_conn_get_tls_alert(m_connection.get()), {});
    info.error = m_tls->verifyError();
  } else {
    ng::setLibraryError(error, libraryError);
  }
  info.code = error.error_code;
  info.reason = ngtcp2_strerror(libraryError);
  if (!info.error && libraryError == NGTCP2_ERR_CRYPTO) {
    info.error = describeTransportError(info.code, info.reason, peer);
  }
  end(std::move(info), Farewell::SendClose);
  m_ending->error = error;
}

void ConnectionImpl::endRefused() {
  CloseInfo info;
  const std::string peer = m_peer.toString();
  info.cause = CloseCause::Refused;
  info.error = m_state == State::Open
                   ? Error{ErrorCode::ConnectionReset,
                           fmt::format("{} does not answer any more: nothing listens there", peer)}
                   : Error{ErrorCode::ConnectionRefused,
                           fmt::format("nothing listens on UDP at {}: is the server running?", peer)};
  end(std::move(info), Farewell::Vanish);
}

void ConnectionImpl::endByPeer() {
  if (!isLive()) return;
  CloseInfo info;
  const std::string peer = m_peer.toString();
  if (m_resetByPeer) {
    info.cause = CloseCause::StatelessReset;
    info.error =
        Error{ErrorCode::ConnectionReset, fmt::format("{} lost this connection: it was restarted", peer)};
    end(std::move(info), Farewell::Vanish);
    return;
  }
  const ng::CloseError error = ng::receivedCloseError(m_connection.get());
  info.code = error.error_code;
  if (error.reason != nullptr)
    info.reason.assign(reinterpret_cast<const char*>(error.reason), error.reasonlen);
  if (ng::isApplicationError(error)) {
    info.cause = CloseCause::PeerApplication;
  } else {
    info.cause = CloseCause::PeerTransport;
    info.error = describeTransportError(info.code, info.reason, peer);
  }
  end(std::move(info), Farewell::Drain);
}

void ConnectionImpl::finish(Timestamp now, BatchSender& sender) {
  const Ending ending = *std::exchange(m_ending, std::nullopt);
  if (ending.farewell == Farewell::SendClose) writeClose(now, sender, ending);
  const Duration linger = 3 * Duration(static_cast<std::int64_t>(ngtcp2_conn_get_pto(m_connection.get())));
  m_state = ending.farewell == Farewell::Drain ? State::Draining : State::Closing;
  if (ending.farewell == Farewell::Vanish || (m_state == State::Closing && m_closePacket.empty()))
    m_state = State::Dead;
  m_datagrams.clear();
  m_datagramHandler = nullptr;
  closeStreams(ending.info);
  m_endpoint.onConnectionOver(*this, m_wasOpen);
  if (transport::LinkHandler* handler = std::exchange(m_handler, nullptr); handler != nullptr) {
    handler->onLinkClosed(*this, ending.info);
  }
  m_connection.reset();
  m_tls.reset();
  if (m_state == State::Dead) {
    die();
  } else {
    m_endpoint.deadlines().update(*this, now + linger);
  }
}

void ConnectionImpl::closeStreams(const CloseInfo& info) {
  const transport::AppErrorCode code =
      info.cause == CloseCause::PeerApplication || info.cause == CloseCause::Local ? info.code : 0;
  while (StreamImpl* stream = m_streams.popFront()) {
    stream->onReset(code);
    stream->close();
    m_endpoint.streams().release(*stream);
  }
}

void ConnectionImpl::writeClose(Timestamp now, BatchSender& sender, const Ending& ending) {
  ng::CloseError error = ending.error;
  if (ending.info.cause == CloseCause::Local)
    ng::setApplicationError(error, ending.info.code, asBytes(ending.info.reason));
  std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> packet;
  ngtcp2_path_storage storage;
  ngtcp2_path_storage_zero(&storage);
  ngtcp2_pkt_info info{};
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(
      m_connection.get(), &storage.path, &info, packet.data(), packet.size(), &error, toNanoseconds(now));
  if (size <= 0) return;
  m_closePacket.assign(packet.begin(), packet.begin() + size);
  std::uint8_t* dest = sender.room(m_closePacket.size());
  if (dest == nullptr) return;  // it is sent again in response to later packets
  std::copy(m_closePacket.begin(), m_closePacket.end(), dest);
  sender.add(m_closePacket.size(), storage.path, info.ecn);
  sender.flush();
}

void ConnectionImpl::answerLatePacket(const net::ReceivedDatagram& datagram) {
  // Respond to the 1st, 2nd, 4th, 8th, ... packet, so that a flood gets ever fewer responses.
  ++m_latePackets;
  if (std::has_single_bit(m_latePackets)) m_endpoint.sendStateless(datagram, m_closePacket);
}

void ConnectionImpl::die() {
  m_state = State::Dead;
  for (const ConnectionId& cid : m_cids) m_endpoint.cids().erase(cid);
  m_cids.clear();
  m_endpoint.deadlines().update(*this, kNever);
  m_endpoint.bury(*this);
}

}  // namespace adit::quic
