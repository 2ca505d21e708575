// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/http/h1_parser.h"
#include "core/http/head_lines.h"
#include "core/http/scan.h"
#include "core/http/semantics.h"

namespace adit::http {
namespace {

constexpr std::uint64_t kMaxChunk = (std::uint64_t{1} << 62) - 1;
constexpr std::uint32_t kMaxDigits = 16;
constexpr std::uint32_t kMaxExtension = 256;
constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
constexpr std::size_t kMaxTrailers = 32;

unsigned hexValue(char c) noexcept {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

}  // namespace

void ChunkedDecoder::reset() noexcept {
  m_state = State::Size;
  m_remaining = 0;
  m_lineBytes = 0;
  m_digits = 0;
  m_trailers.clear();
  m_trailerText.clear();
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input) {
  const char* at = input.data();
  const char* const end = at + input.size();
  const auto used = [&] { return static_cast<std::size_t>(at - input.data()); };
  const auto invalid = [&] {
    m_state = State::Failed;
    return Step{Event::Invalid, used(), {}};
  };
  while (at != end) {
    switch (m_state) {
      case State::Size:
        for (; at != end && scan::is(*at, scan::kHexDigit); ++at) {
          if (++m_digits > kMaxDigits) return invalid();
          m_remaining = m_remaining << 4 | hexValue(*at);
        }
        if (at == end) break;
        if (m_digits == 0 || m_remaining > kMaxChunk) return invalid();
        m_lineBytes = 0;
        m_state = *at == '\r' ? State::SizeEnd : State::Blank;
        if (*at == '\r') ++at;
        break;
      case State::Blank:  // white space is sound only before an extension
        for (; at != end && scan::isBlank(*at); ++at) {
          if (++m_lineBytes > kMaxExtension) return invalid();
        }
        if (at == end) break;
        if (*at != ';') return invalid();
        m_state = State::Extension;
        break;
      case State::Extension: {
        const char* const stop = scan::skipFieldValue(at, end);
        m_lineBytes += static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(stop - at, kMaxExtension + 1));
        at = stop;
        if (m_lineBytes > kMaxExtension) return invalid();
        if (at == end) break;
        if (*at != '\r') return invalid();
        ++at;
        m_state = State::SizeEnd;
        break;
      }
      case State::SizeEnd:
        if (*at != '\n') return invalid();
        ++at;
        m_state = m_remaining == 0 ? State::Trailers : State::Data;
        m_digits = 0;
        break;
      case State::Data: {
        const auto count = static_cast<std::size_t>(
            std::min<std::uint64_t>(m_remaining, static_cast<std::uint64_t>(end - at)));
        const std::string_view data(at, count);
        at += count;
        m_remaining -= count;
        if (m_remaining == 0) m_state = State::DataReturn;
        return {Event::Data, used(), data};
      }
      case State::DataReturn:
        if (*at != '\r') return invalid();
        ++at;
        m_state = State::DataFeed;
        break;
      case State::DataFeed:
        if (*at != '\n') return invalid();
        ++at;
        m_state = State::Size;
        break;
      case State::Trailers: {
        const Event event = takeTrailers(at, end);
        if (event == Event::Invalid) return invalid();
        if (event == Event::End) {
          m_state = State::Over;
          return {Event::End, used(), {}};
        }
        break;
      }
      case State::Over:
        return {Event::End, 0, {}};
      case State::Failed:
        return invalid();
    }
  }
  if (m_state == State::Over) return {Event::End, 0, {}};
  if (m_state == State::Failed) return invalid();
  return {Event::NeedMore, used(), {}};
}

/// Collects lines up to the empty one, then reads them as fields. `at` moves over what was taken.
ChunkedDecoder::Event ChunkedDecoder::takeTrailers(const char*& at, const char* end) {
  while (at != end) {
    const char* const feed = std::find(at, end, '\n');
    const char* const stop = feed == end ? end : feed + 1;
    const auto count = static_cast<std::size_t>(stop - at);
    if (m_trailerText.size() + count > kMaxTrailerBytes) return Event::Invalid;
    m_trailerText.append(at, count);
    at = stop;
    if (feed == end) return Event::NeedMore;
    const bool empty = m_trailerText == "\r\n" || m_trailerText.ends_with("\n\r\n");
    const bool sound = m_trailerText.size() >= 2 && m_trailerText[m_trailerText.size() - 2] == '\r';
    if (!sound) return Event::Invalid;
    if (!empty) continue;
    detail::Cursor cursor{m_trailerText.data(), m_trailerText.data() + m_trailerText.size()};
    if (!detail::acceptFieldLines(cursor, kMaxTrailers, m_trailers, nullptr)) return Event::Invalid;
    std::erase_if(m_trailers, [](const Field& field) { return isForbiddenTrailer(field.name); });
    return Event::End;
  }
  return Event::NeedMore;
}

}  // namespace adit::http
