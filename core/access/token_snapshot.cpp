// SPDX-License-Identifier: Apache-2.0
#include "core/access/token_snapshot.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "core/wire/control_messages.h"

namespace adit::access {

namespace {

tl::unexpected<Error> unknownToken() {
  return fail(ErrorCode::TokenUnknown, "the server does not know this token");
}

Result<> verdictOn(const TokenSnapshot::Token& token) {
  if (token.revoked) return fail(ErrorCode::TokenRevoked, "the token was revoked on the server");
  return {};
}

}  // namespace

bool isPrincipalId(std::string_view id) noexcept {
  return !id.empty() && id.size() <= Principal::kMaxId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<TokenHash> hashToken(std::string_view token) {
  TokenHash digest{};
  const int code = gnutls_hash_fast(GNUTLS_DIG_SHA256, token.data(), token.size(), digest.data());
  if (code != 0) return fail(ErrorCode::Internal, "SHA-256 is not available", code);
  return digest;
}

std::size_t TokenSnapshot::HashOfHash::operator()(const TokenHash& hash) const noexcept {
  std::size_t part = 0;  // any part of a SHA-256 is itself a good hash
  std::memcpy(&part, hash.data(), sizeof part);
  return part;
}

TokenSnapshot::TokenSnapshot(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {
  m_byHash.reserve(m_tokens.size());
  m_byId.reserve(m_tokens.size());
  std::unordered_map<std::string_view, std::shared_ptr<Principal>> principals;
  for (std::size_t i = 0; i < m_tokens.size(); ++i) {
    const Token& token = m_tokens[i];
    m_byHash[token.sha256] = i;
    m_byId[token.id] = i;
    if (token.revoked) continue;
    auto& principal = principals[token.principal];
    if (principal == nullptr) {
      principal = std::make_shared<Principal>(Principal{token.principal, token.label, {token.maxNames}});
    }
    principal->rights.maxNames = std::max(principal->rights.maxNames, token.maxNames);
  }
  for (auto& [id, principal] : principals) m_principals.emplace(id, std::move(principal));
}

std::shared_ptr<const TokenSnapshot> TokenSnapshot::ofOne(std::string_view token) {
  Token only;
  only.id = only.principal = "local";
  if (const auto hash = hashToken(token)) only.sha256 = *hash;
  return std::make_shared<const TokenSnapshot>(std::vector<Token>{std::move(only)});
}

Result<Grant> TokenSnapshot::verify(std::string_view token) const {
  if (token.empty() || token.size() > wire::kMaxToken) return unknownToken();
  const auto hash = hashToken(token);
  if (!hash) return fail(hash.error());
  const auto found = m_byHash.find(*hash);
  if (found == m_byHash.end()) return unknownToken();
  const Token& entry = m_tokens[found->second];
  if (auto good = verdictOn(entry); !good) return fail(std::move(good.error()));
  return Grant{m_principals.find(entry.principal)->second, entry.id};
}

const TokenSnapshot::Token* TokenSnapshot::find(std::string_view tokenId) const noexcept {
  const auto found = m_byId.find(tokenId);
  return found == m_byId.end() ? nullptr : &m_tokens[found->second];
}

Result<> TokenSnapshot::check(std::string_view tokenId) const {
  const Token* token = find(tokenId);
  if (token == nullptr) return unknownToken();
  return verdictOn(*token);
}

bool TokenSnapshot::hasPrincipal(std::string_view id) const noexcept { return m_principals.contains(id); }

}  // namespace adit::access
