// SPDX-License-Identifier: Apache-2.0
#pragma once
// Hides the differences between ngtcp2 0.12.1 (Debian 12) and 1.x: the rest of core/quic uses these names
// only. Inline functions and aliases; no state.

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "core/base/slab.h"
#include "core/quic/congestion.h"

namespace adit::quic::ng {

/// 0.12.1's BBR overshoots, and its BBRv2 has an assertion that a peer can reach; later ones up to 1.11 were
/// not tried.
inline constexpr bool kHasBbr = NGTCP2_VERSION_NUM >= 0x010b00;

inline void setCongestion(ngtcp2_settings& settings, Congestion congestion) {
  settings.cc_algo = congestion == Congestion::Bbr ? NGTCP2_CC_ALGO_BBR : NGTCP2_CC_ALGO_CUBIC;
}

#if NGTCP2_VERSION_NUM >= 0x010000
inline constexpr bool kIsVersion1 = true;
using CloseError = ngtcp2_ccerr;
using ConnectionInfo = ngtcp2_conn_info;

inline void setTransportError(CloseError& error, std::uint64_t code, ByteView reason) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_transport_error(&error, code, reason.data(), reason.size());
}
inline void setApplicationError(CloseError& error, std::uint64_t code, ByteView reason) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_application_error(&error, code, reason.data(), reason.size());
}
inline void setLibraryError(CloseError& error, int libraryCode) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_liberr(&error, libraryCode, nullptr, 0);
}
inline void setTlsAlert(CloseError& error, std::uint8_t alert, ByteView reason) {
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_tls_alert(&error, alert, reason.data(), reason.size());
}
inline bool isApplicationError(const CloseError& error) {
  return error.type == NGTCP2_CCERR_TYPE_APPLICATION;
}
inline CloseError receivedCloseError(ngtcp2_conn* connection) { return *ngtcp2_conn_get_ccerr(connection); }
inline ConnectionInfo connectionInfo(ngtcp2_conn* connection) {
  ConnectionInfo info{};
  ngtcp2_conn_get_conn_info(connection, &info);
  return info;
}
inline int shutdownWrite(ngtcp2_conn* connection, std::int64_t stream, std::uint64_t code) {
  return ngtcp2_conn_shutdown_stream_write(connection, 0, stream, code);
}
inline int shutdownRead(ngtcp2_conn* connection, std::int64_t stream, std::uint64_t code) {
  return ngtcp2_conn_shutdown_stream_read(connection, 0, stream, code);
}
inline ByteView tokenOf(const ngtcp2_pkt_hd& header) { return {header.token, header.tokenlen}; }
inline void setToken(ngtcp2_settings& settings, ByteView token) {
  settings.token = token.data();
  settings.tokenlen = token.size();
  settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
}
inline void setOriginalDcid(ngtcp2_transport_params& params, const ngtcp2_cid& cid) {
  params.original_dcid = cid;
  params.original_dcid_present = 1;
}
/// Adapts a handler (connection, path, result, user data) to the library's callback type.
template <int (*kHandler)(ngtcp2_conn*, const ngtcp2_path*, ngtcp2_path_validation_result, void*)>
int onPathValidation(ngtcp2_conn* connection, std::uint32_t, const ngtcp2_path* path, const ngtcp2_path*,
                     ngtcp2_path_validation_result result, void* userData) noexcept {
  return kHandler(connection, path, result, userData);
}

#else
inline constexpr bool kIsVersion1 = false;
using CloseError = ngtcp2_connection_close_error;
using ConnectionInfo = ngtcp2_conn_stat;

// 0.12.1 declares the reason without const; it only reads it.
inline std::uint8_t* mutableBytes(ByteView bytes) { return const_cast<std::uint8_t*>(bytes.data()); }

inline void setTransportError(CloseError& error, std::uint64_t code, ByteView reason) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_transport_error(&error, code, reason.data(), reason.size());
}
inline void setApplicationError(CloseError& error, std::uint64_t code, ByteView reason) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_application_error(&error, code, reason.data(), reason.size());
}
inline void setLibraryError(CloseError& error, int libraryCode) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_transport_error_liberr(&error, libraryCode, nullptr, 0);
}
inline void setTlsAlert(CloseError& error, std::uint8_t alert, ByteView reason) {
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_connection_close_error_set_transport_error_tls_alert(&error, alert, reason.data(), reason.size());
}
inline bool isApplicationError(const CloseError& error) {
  return error.type == NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION;
}
inline CloseError receivedCloseError(ngtcp2_conn* connection) {
  CloseError error;
  ngtcp2_connection_close_error_default(&error);
  ngtcp2_conn_get_connection_close_error(connection, &error);
  return error;
}
inline ConnectionInfo connectionInfo(ngtcp2_conn* connection) {
  ConnectionInfo info{};
  ngtcp2_conn_get_conn_stat(connection, &info);
  return info;
}
inline int shutdownWrite(ngtcp2_conn* connection, std::int64_t stream, std::uint64_t code) {
  return ngtcp2_conn_shutdown_stream_write(connection, stream, code);
}
inline int shutdownRead(ngtcp2_conn* connection, std::int64_t stream, std::uint64_t code) {
  return ngtcp2_conn_shutdown_stream_read(connection, stream, code);
}
inline ByteView tokenOf(const ngtcp2_pkt_hd& header) { return {header.token.base, header.token.len}; }
inline void setToken(ngtcp2_settings& settings, ByteView token) {
  settings.token.base = mutableBytes(token);
  settings.token.len = token.size();
}
inline void setOriginalDcid(ngtcp2_transport_params& params, const ngtcp2_cid& cid) {
  params.original_dcid = cid;
}
/// Adapts a handler (connection, path, result, user data) to the library's callback type.
template <int (*kHandler)(ngtcp2_conn*, const ngtcp2_path*, ngtcp2_path_validation_result, void*)>
int onPathValidation(ngtcp2_conn* connection, std::uint32_t, const ngtcp2_path* path,
                     ngtcp2_path_validation_result result, void* userData) noexcept {
  return kHandler(connection, path, result, userData);
}
#endif

}  // namespace adit::quic::ng
