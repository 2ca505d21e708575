// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 vectors of tests/data/h1 (README.md there has the format) against the parser alone, each
// whole and byte by byte.
#include <QFile>
#include <QTest>

#include <map>
#include <string>
#include <vector>

#include "core/http/h1_parser.h"

using namespace adit::http;

namespace {

constexpr const char* kHost = "strict.t.example.com:8080";

QByteArray unescaped(const QByteArray& text) {
  QByteArray out;
  for (qsizetype at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char letter = text[++at];
    if (letter == '{') {
      const qsizetype star = text.indexOf('*', at), end = text.indexOf('}', at);
      out += unescaped(text.mid(star + 1, end - star - 1)).repeated(text.mid(at + 1, star - at - 1).toInt());
      at = end;
    } else if (letter == 'x') {
      out += QByteArray::fromHex(text.mid(at + 1, 2));
      at += 2;
    } else {
      out += letter == 'r' ? '\r' : letter == 'n' ? '\n' : letter == 't' ? '\t' : letter;
    }
  }
  return out;
}

struct Vector {
  QByteArray name, data;
  std::map<QByteArray, QByteArray> keys;
};

std::vector<Vector> readVectors(const char* file) {
  QFile source(QStringLiteral(ADIT_TEST_DATA "/h1/") + QString::fromLatin1(file));
  if (!source.open(QIODevice::ReadOnly)) qFatal("no %s", file);
  std::vector<Vector> vectors;
  bool inData = false;
  for (QByteArray line : source.readAll().split('\n')) {
    if (line.startsWith("===")) {
      vectors.push_back({line.mid(3).trimmed(), {}, {}});
      inData = false;
    } else if (vectors.empty() || (!inData && (line.isEmpty() || line.startsWith('#')))) {
      continue;
    } else if (inData) {
      vectors.back().data += line;
    } else if (line == "data:") {
      inData = true;
    } else {
      const qsizetype colon = line.indexOf(':');
      vectors.back().keys.emplace(line.left(colon), unescaped(line.mid(colon + 1).trimmed()));
    }
  }
  for (Vector& vector : vectors) vector.data = unescaped(vector.data).replace("HOST", kHost);
  return vectors;
}

/// What a reader made of the bytes.
struct Verdict {
  int status = 0;  ///< 0: accepted.
  bool inBody = false;
  bool whole = false;
  QByteArray content;
  std::size_t used = 0;
};

/// Reads content that begins at `at` the way an intermediary does.
void readContent(std::string_view text, const Framing& framing, Verdict& verdict) {
  verdict.inBody = true;
  if (framing.body == BodyFraming::None) {
    verdict.whole = true;
  } else if (framing.body == BodyFraming::Chunked) {
    ChunkedDecoder decoder;
    decoder.reset();
    while (!text.empty()) {
      const ChunkedDecoder::Step step = decoder.next(text);
      text.remove_prefix(step.consumed);
      verdict.used += step.consumed;
      if (step.event == ChunkedDecoder::Event::Data)
        verdict.content.append(step.data.data(), static_cast<qsizetype>(step.data.size()));
      if (step.event == ChunkedDecoder::Event::Invalid) verdict.status = 400;
      verdict.whole = step.event == ChunkedDecoder::Event::End;
      if (step.event != ChunkedDecoder::Event::Data) return;
    }
  } else {
    const bool untilClose = framing.body == BodyFraming::UntilClose;
    const std::size_t count = untilClose ? text.size() : std::min<std::size_t>(text.size(), framing.length);
    verdict.content = QByteArray(text.data(), static_cast<qsizetype>(count));
    verdict.used += count;
    verdict.whole = untilClose || count == framing.length;
  }
}

template <typename Parse>
ParseResult parseInSteps(std::string_view text, std::size_t step, Parse parse) {
  std::size_t scanned = 0;
  for (std::size_t size = std::min(step, text.size());; size = std::min(size + step, text.size())) {
    const ParseResult result = parse(text.substr(0, size), scanned);
    if (result.status != ParseStatus::NeedMore || size == text.size()) return result;
  }
}

struct Request {
  RequestHead head;
  RequestTraits traits;
  Verdict verdict;
};

void readRequest(const Vector& vector, std::size_t step, Request& request) {
  const std::string_view text(vector.data.data(), static_cast<std::size_t>(vector.data.size()));
  const ParseResult result = parseInSteps(text, step, [&](std::string_view part, std::size_t& scanned) {
    return parseRequestHead(part, {}, scanned, request.head, request.traits);
  });
  request.verdict = {};
  if (result.status != ParseStatus::Complete) {
    request.verdict.status = result.errorStatus;
    return;
  }
  request.verdict.used = result.consumed;
  readContent(text.substr(result.consumed), request.traits.framing, request.verdict);
}

QByteArray framingName(const Framing& framing) {
  if (framing.body == BodyFraming::None) return "none";
  if (framing.body == BodyFraming::Chunked) return "chunked";
  return "length " + QByteArray::number(static_cast<qulonglong>(framing.length));
}

QByteArray value(const Vector& vector, const char* key, const char* byDefault = "") {
  const auto found = vector.keys.find(key);
  return found == vector.keys.end() ? QByteArray(byDefault) : found->second;
}

void addRows(const char* file) {
  QTest::addColumn<int>("index");
  const auto vectors = readVectors(file);
  for (std::size_t i = 0; i < vectors.size(); ++i)
    QTest::newRow(vectors[i].name.constData()) << static_cast<int>(i);
}

}  // namespace

class H1VectorsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void refusedRequests_data() { addRows("request_reject.txt"); }
  void refusedRequests() {
    QFETCH(int, index);
    const Vector vector = readVectors("request_reject.txt")[static_cast<std::size_t>(index)];
    for (const std::size_t step : {std::size_t{1 << 20}, std::size_t{1}, std::size_t{7}}) {
      if (vector.data.size() > 4000 && step == 1) continue;
      Request request;
      readRequest(vector, step, request);
      QVERIFY2(request.verdict.status != 0, "accepted");
      const auto right = value(vector, "status").split(' ');
      QVERIFY2(right.contains(QByteArray::number(request.verdict.status)),
               QByteArray::number(request.verdict.status).constData());
      QCOMPARE(request.verdict.inBody, value(vector, "body") == "yes");
    }
  }

  void acceptedRequests_data() { addRows("request_accept.txt"); }
  void acceptedRequests() {
    QFETCH(int, index);
    const Vector vector = readVectors("request_accept.txt")[static_cast<std::size_t>(index)];
    for (const std::size_t step : {std::size_t{1 << 20}, std::size_t{1}, std::size_t{7}}) {
      if (vector.data.size() > 4000 && step == 1) continue;
      Request request;
      readRequest(vector, step, request);
      QCOMPARE(request.verdict.status, 0);
      QVERIFY(request.verdict.whole);
      QCOMPARE(request.verdict.used, static_cast<std::size_t>(vector.data.size()));
      QCOMPARE(request.verdict.content, value(vector, "content"));
      const std::string line = std::string(request.head.method) + " " + std::string(request.head.target);
      QCOMPARE(QByteArray::fromStdString(line), value(vector, "line"));
      QCOMPARE(request.head.authority, std::string_view(kHost));
      QCOMPARE(framingName(request.traits.framing), value(vector, "framing"));
      QCOMPARE(request.traits.keepAlive, value(vector, "stays", "yes") == "yes");
    }
  }

  void refusedAnswers_data() { addRows("response_reject.txt"); }
  void refusedAnswers() {
    QFETCH(int, index);
    const Vector vector = readVectors("response_reject.txt")[static_cast<std::size_t>(index)];
    const std::string_view text(vector.data.data(), static_cast<std::size_t>(vector.data.size()));
    ResponseHead head;
    ResponseTraits traits;
    std::size_t scanned = 0;
    const QByteArray method = value(vector, "method", "GET");
    const ParseResult result = parseResponseHead(
        text, {}, scanned, {method.data(), static_cast<std::size_t>(method.size())}, head, traits);
    if (value(vector, "broken") != "yes") {
      // A switch nobody asked for is a sound head that its reader refuses.
      QVERIFY(result.status != ParseStatus::Complete || traits.switchingProtocols);
      return;
    }
    QVERIFY(result.status == ParseStatus::Complete);
    Verdict verdict;
    readContent(text.substr(result.consumed), traits.framing, verdict);
    QVERIFY(!verdict.whole);
  }

  void acceptedAnswers_data() { addRows("response_accept.txt"); }
  void acceptedAnswers() {
    QFETCH(int, index);
    const Vector vector = readVectors("response_accept.txt")[static_cast<std::size_t>(index)];
    std::string_view text(vector.data.data(), static_cast<std::size_t>(vector.data.size()));
    const QByteArray method = value(vector, "method", "GET");
    ResponseHead head;
    ResponseTraits traits;
    do {
      std::size_t scanned = 0;
      const ParseResult result = parseResponseHead(
          text, {}, scanned, {method.data(), static_cast<std::size_t>(method.size())}, head, traits);
      QVERIFY(result.status == ParseStatus::Complete);
      text.remove_prefix(result.consumed);
    } while (traits.interim);
    QCOMPARE(QByteArray::number(head.status), value(vector, "status"));
    Verdict verdict;
    readContent(text, traits.framing, verdict);
    QVERIFY(verdict.whole);
    QCOMPARE(verdict.content, value(vector, "content"));
    QCOMPARE(verdict.used, text.size());
  }
};

QTEST_APPLESS_MAIN(H1VectorsTest)
#include "h1_vectors_test.moc"
