// SPDX-License-Identifier: Apache-2.0
// ngtcp2's callbacks as trampolines: cast, call, map the error.
#include <cstring>

#include "core/base/random.h"
#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"
#include "core/quic/packet_keys.h"

namespace adit::quic {

namespace {

ConnectionImpl& of(void* userData) noexcept { return *static_cast<ConnectionImpl*>(userData); }
StreamImpl* streamOf(void* streamUserData) noexcept { return static_cast<StreamImpl*>(streamUserData); }

// The decryption callback is the only one without user data. It runs inside readPacket on the same thread,
// which sets this pointer to where the callback records what it sees.
struct DecryptionNotes {
  std::vector<StopSendingFrame>* stops = nullptr;
  bool authentic = false;
};
thread_local DecryptionNotes* t_notes = nullptr;

int decryptPacket(std::uint8_t* dest, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                  const std::uint8_t* ciphertext, std::size_t ciphertextLength, const std::uint8_t* nonce,
                  std::size_t nonceLength, const std::uint8_t* header, std::size_t headerLength) noexcept {
  const int rv = PacketKeys::decrypt(dest, aead, context, ciphertext, ciphertextLength, nonce, nonceLength,
                                     header, headerLength);
  if (rv != 0 || t_notes == nullptr) return rv;
  t_notes->authentic = true;
  const bool shortHeader = headerLength > 0 && (header[0] & 0x80U) == 0;
  if (shortHeader && ciphertextLength > aead->max_overhead) {
    scanStopSending(ByteView(dest, ciphertextLength - aead->max_overhead), *t_notes->stops);
  }
  return 0;
}

void fillRandom(std::uint8_t* dest, std::size_t length, const ngtcp2_rand_ctx* context) noexcept {
  static_cast<Random*>(context->native_handle)->fill(std::span(dest, length));
}

int ignorePathValidation(ngtcp2_conn*, const ngtcp2_path*, ngtcp2_path_validation_result, void*) { return 0; }

}  // namespace

int ConnectionCallbacks::readPacket(ConnectionImpl& connection, const ngtcp2_path& path,
                                    const net::ReceivedDatagram& datagram, Timestamp now) {
  ngtcp2_pkt_info info{};
  info.ecn = static_cast<std::uint8_t>(datagram.ecn);
  DecryptionNotes notes{&connection.m_stops, false};
  t_notes = &notes;
  const int rv = ngtcp2_conn_read_pkt(connection.m_connection.get(), &path, &info, datagram.payload.data(),
                                      datagram.payload.size(), toNanoseconds(now));
  t_notes = nullptr;
  if (notes.authentic) {
    connection.m_heardFromPeer = true;
    connection.m_lastHeard = now;
  }
  return rv;
}

ngtcp2_callbacks ConnectionCallbacks::table(bool server) noexcept {
  ngtcp2_callbacks c{};
  if (server) {
    c.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  } else {
    c.client_initial = ngtcp2_crypto_client_initial_cb;
    c.recv_retry = ngtcp2_crypto_recv_retry_cb;
  }
  c.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
  c.encrypt = PacketKeys::encrypt;
  c.decrypt = decryptPacket;
  c.hp_mask = PacketKeys::mask;
  c.update_key = PacketKeys::update;
  c.delete_crypto_aead_ctx = PacketKeys::destroyAead;
  c.delete_crypto_cipher_ctx = PacketKeys::destroyCipher;
  c.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  c.path_validation = ng::onPathValidation<ignorePathValidation>;
  c.rand = fillRandom;
  c.get_path_challenge_data = [](ngtcp2_conn*, std::uint8_t* data, void* user) noexcept {
    of(user).m_endpoint.random().fill(std::span(data, NGTCP2_PATH_CHALLENGE_DATALEN));
    return 0;
  };
  c.get_new_connection_id = [](ngtcp2_conn*, ngtcp2_cid* cid, std::uint8_t* token, std::size_t length,
                               void* user) noexcept {
    ConnectionImpl& self = of(user);
    *cid = self.m_endpoint.newCid();
    if (cid->datalen != length || !self.m_endpoint.resetToken(*cid, token))
      return int{NGTCP2_ERR_CALLBACK_FAILURE};
    self.noteCid(*cid);
    return 0;
  };
  c.remove_connection_id = [](ngtcp2_conn*, const ngtcp2_cid* cid, void* user) noexcept {
    of(user).dropCid(*cid);
    return 0;
  };
  c.handshake_completed = [](ngtcp2_conn*, void* user) noexcept {
    of(user).onHandshakeCompleted();
    return 0;
  };
  c.handshake_confirmed = [](ngtcp2_conn*, void* user) noexcept {
    of(user).m_confirmed = true;
    return 0;
  };
  c.recv_stateless_reset = [](ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* user) noexcept {
    of(user).m_resetByPeer = true;
    return 0;
  };
  c.extend_max_local_streams_bidi = [](ngtcp2_conn*, std::uint64_t, void* user) noexcept {
    of(user).m_streamCreditPending = true;
    return 0;
  };
  c.stream_open = [](ngtcp2_conn*, std::int64_t id, void* user) noexcept {
    of(user).onStreamOpened(id);
    return 0;
  };
  c.recv_stream_data = [](ngtcp2_conn*, std::uint32_t flags, std::int64_t, std::uint64_t,
                          const std::uint8_t* data, std::size_t length, void* user, void* stream) noexcept {
    of(user).onStreamData(streamOf(stream), ByteView(data, length),
                          (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
    return 0;
  };
  c.recv_datagram = [](ngtcp2_conn*, std::uint32_t, const std::uint8_t* data, std::size_t length,
                       void* user) noexcept {
    of(user).onDatagram(ByteView(data, length));
    return 0;
  };
  c.acked_stream_data_offset = [](ngtcp2_conn*, std::int64_t, std::uint64_t, std::uint64_t count, void*,
                                  void* stream) noexcept {
    if (stream != nullptr) streamOf(stream)->onAcknowledged(static_cast<std::size_t>(count));
    return 0;
  };
  c.stream_reset = [](ngtcp2_conn*, std::int64_t, std::uint64_t, std::uint64_t code, void*,
                      void* stream) noexcept {
    if (stream != nullptr) streamOf(stream)->onReset(code);
    return 0;
  };
  c.extend_max_stream_data = [](ngtcp2_conn*, std::int64_t, std::uint64_t, void* user,
                                void* stream) noexcept {
    if (stream != nullptr) of(user).streamReady(*streamOf(stream));
    return 0;
  };
  c.stream_close = [](ngtcp2_conn*, std::uint32_t, std::int64_t id, std::uint64_t, void* user,
                      void* stream) noexcept {
    of(user).onStreamClosed(streamOf(stream), id);
    return 0;
  };
  return c;
}

}  // namespace adit::quic
