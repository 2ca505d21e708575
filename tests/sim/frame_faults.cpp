// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/frame_faults.h"

namespace adit::sim {

using namespace std::string_literals;
using wire::AppError;

namespace {

// Frames, by hand.
const std::string kStream = "\x02\x03\x07\x00\x00"s;
const std::string kTarget = "\x05/foul\x01"s + "a";
const std::string kGet = "\x01\x0a\x10\x01"s + kTarget;
const std::string kChunkedPost = "\x01\x0a\x12\x03"s + kTarget;
const std::string kPostOfTwo = "\x01\x0b\x11\x02\x03"s + kTarget;
const std::string kUpgrade = "\x01\x0a\x14\x01"s + kTarget;
const std::string kOk = "\x02\x03\x10\x40\xc8"s, kOkChunked = "\x02\x03\x12\x40\xc8"s,
                  kOkOfTwo = "\x02\x04\x11\x40\xc8\x02"s;
const std::string kData1 = "\x00\x01x"s, kData2 = "\x00\x02xy"s, kData3 = "\x00\x03xyz"s;
const std::string kTrailers = "\x04\x00"s;
const std::string kLarge = "\x80\x01\x00\x01"s;  // a length of 65,537
const std::string kUnknown = "\x21\x01x"s;

std::string manyUnknown() {
  std::string result;
  for (int i = 0; i < 257; ++i) result += kUnknown;
  return result;
}

}  // namespace

const std::vector<FrameFault>& requestFaults() {
  static const std::vector<FrameFault> faults = {
      {"an unknown kind", "\x2a\x00"s, false, AppError::Protocol},
      {"a kind that is not the server's to open", "\x01\x00"s, false, AppError::Protocol},
      {"a stream head too long", "\x02\x3f"s, false, AppError::Malformed},
      {"half a stream head", "\x02\x03\x07"s, true, AppError::Malformed},
      {"a tunnel that is not there", "\x02\x03\x08\x00\x00"s, false, AppError::TunnelUnknown},
      {"no head", kStream, true, AppError::Malformed},
      {"half a frame", kStream + kGet.substr(0, 5), true, AppError::Malformed},
      {"content before the head", kStream + kData1, false, AppError::Protocol},
      {"trailers before the head", kStream + kTrailers, false, AppError::Protocol},
      {"two heads", kStream + kGet + kGet, false, AppError::Protocol},
      {"an answer's head", kStream + kOk, false, AppError::Protocol},
      {"framing 3", kStream + "\x01\x0a\x13\x01" + kTarget, false, AppError::Malformed},
      {"CONNECT",
       kStream +
           "\x01\x12\x10\x00\x07"
           "CONNECT"s +
           kTarget,
       false, AppError::Malformed},
      {"an unknown method code", kStream + "\x01\x0a\x10\x2a" + kTarget, false, AppError::Malformed},
      {"content with framing None", kStream + kGet + kData1, false, AppError::Protocol},
      {"trailers with framing None", kStream + kGet + kTrailers, false, AppError::Protocol},
      {"trailers with framing Length", kStream + kPostOfTwo + kData2 + kTrailers, false, AppError::Protocol},
      {"more content than announced", kStream + kPostOfTwo + kData3, false, AppError::Malformed},
      {"less content than announced", kStream + kPostOfTwo + kData1, true, AppError::Malformed},
      {"content behind trailers", kStream + kChunkedPost + kTrailers + kData1, false, AppError::Protocol},
      {"trailers twice", kStream + kChunkedPost + kTrailers + kTrailers, false, AppError::Protocol},
      {"bytes before the upgrade", kStream + kUpgrade + kData1, false, AppError::Protocol},
      {"a head too large", kStream + "\x01" + kLarge, false, AppError::LimitExceeded},
      {"trailers too large", kStream + kChunkedPost + "\x04" + kLarge, false, AppError::LimitExceeded},
      {"an unknown frame too large", kStream + "\x21" + kLarge, false, AppError::LimitExceeded},
      {"too many unknown frames", kStream + kChunkedPost + manyUnknown(), false, AppError::LimitExceeded},
  };
  return faults;
}

const std::vector<FrameFault>& answerFaults() {
  static const std::vector<FrameFault> faults = {
      {"no head", {}, true, AppError::Malformed},
      {"half a frame", kOk.substr(0, 4), true, AppError::Malformed},
      {"content before the head", kData1, false, AppError::Protocol},
      {"trailers before the head", kTrailers, false, AppError::Protocol},
      {"two heads", kOkChunked + kOkChunked, false, AppError::Protocol},
      {"an interim head behind the final one", kOkChunked + "\x03\x03\x10\x40\x67", false,
       AppError::Protocol},
      {"a request's head", kGet, false, AppError::Protocol},
      {"framing 3", "\x02\x03\x13\x40\xc8"s, false, AppError::Malformed},
      {"an interim status in a final head", "\x02\x03\x10\x40\x67"s, false, AppError::Malformed},
      {"a final status in an interim head", "\x03\x03\x10\x40\xc8"s, false, AppError::Malformed},
      {"101 without a request for it", "\x02\x03\x10\x40\x65"s, false, AppError::Protocol},
      {"content with framing None", kOk + kData1, false, AppError::Protocol},
      {"trailers with framing None", kOk + kTrailers, false, AppError::Protocol},
      {"trailers with framing Length", kOkOfTwo + kData2 + kTrailers, false, AppError::Protocol},
      {"more content than announced", kOkOfTwo + kData3, false, AppError::Malformed},
      {"less content than announced", kOkOfTwo + kData1, true, AppError::Malformed},
      {"content behind trailers", kOkChunked + kTrailers + kData1, false, AppError::Protocol},
      {"trailers twice", kOkChunked + kTrailers + kTrailers, false, AppError::Protocol},
      {"a head too large", "\x02" + kLarge, false, AppError::LimitExceeded},
      {"trailers too large", kOkChunked + "\x04" + kLarge, false, AppError::LimitExceeded},
      {"an unknown frame too large", "\x21" + kLarge, false, AppError::LimitExceeded},
      {"too many unknown frames", kOkChunked + manyUnknown(), false, AppError::LimitExceeded},
  };
  return faults;
}

void FoulPeer::begin(transport::Stream& stream) {
  stream.setHandler(this);
  stream.sendCopy(asBytes(m_fault.bytes));
  if (m_fault.fin) stream.finish();
}

void FoulPeer::onStreamData(transport::Stream& stream, ByteView data, bool) { stream.consume(data.size()); }

void FoulPeer::onStreamReset(transport::Stream&, transport::AppErrorCode code) { m_reset = code; }

void FoulPeer::onStreamStopped(transport::Stream&, transport::AppErrorCode code) { m_stopped = code; }

std::string FoulPeer::judge() const {
  const auto code = static_cast<transport::AppErrorCode>(m_fault.code);
  const std::string what = std::string("after '") + m_fault.name + "' the stream was ";
  const auto name = [](transport::AppErrorCode each) {
    return std::string(toString(static_cast<AppError>(each)));
  };
  if (m_reset && *m_reset != code) return what + "reset with " + name(*m_reset);
  if (m_stopped && *m_stopped != code) return what + "stopped with " + name(*m_stopped);
  // A direction that has ended with FIN can not be reset or stopped any more; a GET's has.
  if (!m_reset && m_side == Side::Server) return what + "not reset";
  if (!m_stopped && !m_fault.fin) return what + "not stopped";
  return {};
}

}  // namespace adit::sim
