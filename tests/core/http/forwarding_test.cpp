// SPDX-License-Identifier: Apache-2.0
// What a message gets when it passes: CDN-Loop and the loops it shows, Via, Max-Forwards, methods that end
// here, Date.
#include <QTest>

#include <string>

#include "core/http/forwarding.h"
#include "core/http/semantics.h"

using namespace adit;
using namespace adit::http;

namespace {

const HopNames kNames("0123abcd");

RequestHead request(std::string_view method, std::vector<Field> fields = {},
                    Version version = Version::Http11) {
  RequestHead head;
  head.method = method;
  head.target = "/";
  head.authority = "a.example";
  head.version = version;
  head.fields = std::move(fields);
  return head;
}

std::string valueOf(const std::vector<Field>& fields, std::string_view name) {
  const Field* field = findField(fields, name);
  return field == nullptr ? std::string("(none)") : std::string(field->value);
}

std::int64_t wallSeconds = 784111777;
std::int64_t fakeWallClock() noexcept { return wallSeconds; }

}  // namespace

class ForwardingTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void viaSaysHowItCameWhereItIsAskedFor() {
    const HopNames names("0123abcd", RequestVia::Added);
    for (const auto& [version, expected] : {std::pair{Version::Http10, "1.0 adit"},
                                            {Version::Http11, "1.1 adit"},
                                            {Version::Http2, "2 adit"}}) {
      RequestHead head = request("GET", {{"Via", "1.1 other"}}, version);
      MaxForwardsText scratch;
      QVERIFY(passRequest(head, names, scratch) == Passage::Onward);
      QCOMPARE(head.fields.size(), std::size_t{3});
      QCOMPARE(head.fields[0].value, std::string_view("1.1 other"));
      QCOMPARE(head.fields[2].name, std::string_view("Via"));
      QCOMPARE(head.fields[2].value, std::string_view(expected));
    }
  }

  void requestsGetCdnLoopAndNoVia() {
    RequestHead head = request("GET", {{"CDN-Loop", "other"}});
    MaxForwardsText scratch;
    QVERIFY(passRequest(head, kNames, scratch) == Passage::Onward);
    QCOMPARE(valueOf(head.fields, "via"), std::string("(none)"));
    QCOMPARE(head.fields.size(), std::size_t{2});
    QCOMPARE(head.fields[0].value, std::string_view("other"));
    QCOMPARE(head.fields[1].name, std::string_view("CDN-Loop"));
    QCOMPARE(head.fields[1].value, std::string_view("adit-0123abcd"));
  }

  void aLoopIsNoticed() {
    RequestHead head = request("GET");
    MaxForwardsText scratch;
    for (unsigned i = 0; i < kMaxVisits; ++i) QVERIFY(passRequest(head, kNames, scratch) == Passage::Onward);
    QVERIFY(passRequest(head, kNames, scratch) == Passage::Looping);
    QCOMPARE(head.fields.size(), std::size_t{kMaxVisits});
    // Another server's visits do not count.
    QVERIFY(passRequest(head, HopNames("other"), scratch) == Passage::Onward);
  }

  void aLoopIsNoticedInAJoinedField() {
    const std::string mark = "adit-0123abcd";
    const std::string joined = mark + "; v=1, x;" + mark + " ,\tADIT-0123abcd," + mark;
    RequestHead head = request("GET", {{"cdn-loop", joined}, {"CDN-LOOP", mark}, {"X-CDN-Loop", joined}});
    QCOMPARE(kNames.visits(head.fields), 4U);
    MaxForwardsText scratch;
    QVERIFY(passRequest(head, kNames, scratch) == Passage::Looping);
    head.fields[1].value = "adit-0123abcde";  // another server
    QVERIFY(passRequest(head, kNames, scratch) == Passage::Onward);
  }

  void cdnLoopCannotBeTakenOut() {
    std::vector<Field> fields{{"Connection", "cdn-loop, x-other"}, {"CDN-Loop", "a"}, {"X-Other", "b"}};
    removeHopByHop(fields, Direction::Request);
    QCOMPARE(fields.size(), std::size_t{1});
    QCOMPARE(fields[0].value, std::string_view("a"));
    QVERIFY(isForbiddenTrailer("cdn-loop"));
  }

  void maxForwards_data() {
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("passage");
    QTest::addColumn<QByteArray>("becomes");
    const auto row = [](const char* method, const char* value, Passage passage, const char* becomes) {
      QTest::addRow("%s %s", method, value)
          << QByteArray(method) << QByteArray(value) << static_cast<int>(passage) << QByteArray(becomes);
    };
    row("OPTIONS", "0", Passage::EndsHere, "0");
    row("OPTIONS", "000", Passage::EndsHere, "000");
    row("OPTIONS", "1", Passage::Onward, "0");
    row("OPTIONS", "10", Passage::Onward, "9");
    row("OPTIONS", "4294967295", Passage::Onward, "4294967294");
    row("OPTIONS", "99999999999999999999", Passage::Onward, "4294967294");
    row("OPTIONS", "-1", Passage::Malformed, "-1");
    row("OPTIONS", "+1", Passage::Malformed, "+1");
    row("OPTIONS", "", Passage::Malformed, "");
    row("OPTIONS", "1, 2", Passage::Malformed, "1, 2");
    row("GET", "0", Passage::Onward, "0");
    row("POST", "x", Passage::Onward, "x");
    row("TRACE", "0", Passage::Refused, "0");
    row("TRACE", "7", Passage::Refused, "7");
    row("CONNECT", "7", Passage::Refused, "7");
    row("options", "0", Passage::Onward, "0");  // methods are case-sensitive
  }

  void maxForwards() {
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, value);
    QFETCH(int, passage);
    QFETCH(QByteArray, becomes);
    RequestHead head = request(method.toStdString(), {{"A", "1"}, {"max-forwards", value.constData()}});
    const std::string name = method.toStdString();
    head.method = name;
    MaxForwardsText scratch;
    QCOMPARE(static_cast<int>(passRequest(head, kNames, scratch)), passage);
    QCOMPARE(QByteArray::fromStdString(valueOf(head.fields, "Max-Forwards")), becomes);
  }

  void maxForwardsTwiceIsRefused() {
    RequestHead head = request("OPTIONS", {{"Max-Forwards", "1"}, {"Max-Forwards", "1"}});
    MaxForwardsText scratch;
    QVERIFY(passRequest(head, kNames, scratch) == Passage::Malformed);
  }

  void answersGetViaAndDate() {
    ResponseHead head;
    head.status = 200;
    head.fields = {{"Server", "x"}};
    passResponse(head, "now");
    QCOMPARE(valueOf(head.fields, "date"), std::string("now"));
    QCOMPARE(valueOf(head.fields, "via"), std::string("1.1 adit"));
    QCOMPARE(valueOf(head.fields, "server"), std::string("x"));

    head.fields = {{"dAtE", "then"}};
    passResponse(head, "now");
    QCOMPARE(head.fields.size(), std::size_t{2});
    QCOMPARE(valueOf(head.fields, "date"), std::string("then"));

    head.fields.clear();
    head.status = 103;
    passResponse(head, "now");
    QVERIFY(head.fields.empty());
  }

  void dates_data() {
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("epoch") << qint64{0} << QByteArray("Thu, 01 Jan 1970 00:00:00 GMT");
    QTest::newRow("RFC 9110") << qint64{784111777} << QByteArray("Sun, 06 Nov 1994 08:49:37 GMT");
    QTest::newRow("leap day") << qint64{951782400} << QByteArray("Tue, 29 Feb 2000 00:00:00 GMT");
    QTest::newRow("last second") << qint64{1735689599} << QByteArray("Tue, 31 Dec 2024 23:59:59 GMT");
    QTest::newRow("far") << qint64{253402300799} << QByteArray("Fri, 31 Dec 9999 23:59:59 GMT");
  }
  void dates() {
    QFETCH(qint64, seconds);
    QFETCH(QByteArray, expected);
    char room[kDateSize];
    writeDate(seconds, room);
    QCOMPARE(QByteArray(room, kDateSize), expected);
  }

  void dateIsFormattedOnceASecond() {
    wallSeconds = 784111777;
    DateText text(fakeWallClock);
    const Timestamp start = fromNanoseconds(1'000'000'000'000);
    QCOMPARE(text.at(start), std::string_view("Sun, 06 Nov 1994 08:49:37 GMT"));
    wallSeconds += 5;
    QCOMPARE(text.at(start + std::chrono::milliseconds(999)),
             std::string_view("Sun, 06 Nov 1994 08:49:37 GMT"));
    QCOMPARE(text.at(start + std::chrono::seconds(1)), std::string_view("Sun, 06 Nov 1994 08:49:42 GMT"));
  }
};

QTEST_APPLESS_MAIN(ForwardingTest)
#include "forwarding_test.moc"
