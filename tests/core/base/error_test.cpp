// SPDX-License-Identifier: Apache-2.0
// Every code has a name of its own and comes back from it; errno becomes the code that fits.
#include <cerrno>
#include <set>

#include <QRegularExpression>
#include <QTest>

#include "core/base/error.h"

using namespace adit;

class ErrorTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void namesAreUniqueAndComeBack() {
    static const QRegularExpression kKebab(QStringLiteral("^[a-z]+(-[a-z]+)*$"));
    std::set<std::string_view> names;
    const int first = static_cast<int>(ErrorCode::InvalidArgument);
    const int last = static_cast<int>(ErrorCode::Internal);
    for (int value = first; value <= last; ++value) {
      const auto code = static_cast<ErrorCode>(value);
      const std::string_view name = toString(code);
      QVERIFY2(kKebab.match(QString::fromStdString(std::string(name))).hasMatch(), std::string(name).c_str());
      QVERIFY2(names.insert(name).second, std::string(name).c_str());
      QVERIFY(errorCodeFromString(name) == code);
    }
    QCOMPARE(names.size(), static_cast<std::size_t>(last - first + 1));
  }

  void unknownNamesAndCodesAreInternal() {
    QVERIFY(errorCodeFromString("from-the-future") == ErrorCode::Internal);
    QVERIFY(errorCodeFromString("") == ErrorCode::Internal);
    QVERIFY(errorCodeFromString("Pin-Mismatch") == ErrorCode::Internal);
    QCOMPARE(toString(static_cast<ErrorCode>(9999)), std::string_view("internal"));
  }

  void translatesErrno_data() {
    QTest::addColumn<int>("number");
    QTest::addColumn<QString>("name");
    QTest::newRow("ENOENT") << ENOENT << "not-found";
    QTest::newRow("EACCES") << EACCES << "permission-denied";
    QTest::newRow("EPERM") << EPERM << "permission-denied";
    QTest::newRow("EADDRINUSE") << EADDRINUSE << "address-in-use";
    QTest::newRow("EADDRNOTAVAIL") << EADDRNOTAVAIL << "address-unavailable";
    QTest::newRow("ECONNREFUSED") << ECONNREFUSED << "connection-refused";
    QTest::newRow("ECONNRESET") << ECONNRESET << "connection-reset";
    QTest::newRow("EPIPE") << EPIPE << "connection-reset";
    QTest::newRow("ENETUNREACH") << ENETUNREACH << "unreachable";
    QTest::newRow("EHOSTUNREACH") << EHOSTUNREACH << "unreachable";
    QTest::newRow("ETIMEDOUT") << ETIMEDOUT << "timed-out";
    QTest::newRow("ECANCELED") << ECANCELED << "cancelled";
    QTest::newRow("ENOSPC") << ENOSPC << "disk-full";
    QTest::newRow("EMFILE") << EMFILE << "overloaded";
    QTest::newRow("EINVAL") << EINVAL << "invalid-argument";
    QTest::newRow("other") << EIO << "io-error";
  }
  void translatesErrno() {
    QFETCH(int, number);
    QFETCH(QString, name);
    const Error error = systemError(number, "cannot open 'x'");
    QCOMPARE(QString::fromStdString(std::string(toString(error.code))), name);
    QCOMPARE(error.libraryCode, long{number});
    QVERIFY(error.detail.rfind("cannot open 'x': ", 0) == 0);
    QVERIFY(error.detail.size() > std::string_view("cannot open 'x': ").size());
  }

  void describesInOneLine() {
    QCOMPARE((Error{ErrorCode::NotFound, "no profile named 'x'", 0}.describe()),
             std::string("no profile named 'x' (not-found)"));
    QCOMPARE((Error{ErrorCode::TlsFailure, "handshake failed", -12}.describe()),
             std::string("handshake failed (tls-failure, -12)"));
  }

  void failMakesAnUnexpected() {
    const Result<int> result = fail(ErrorCode::Overloaded, "later", 5);
    QVERIFY(!result.has_value());
    QVERIFY((result.error() == Error{ErrorCode::Overloaded, "later", 5}));
    const Result<std::string> passedOn = fail(result.error());
    QVERIFY(passedOn.error() == result.error());
    const Result<> fine;
    QVERIFY(fine.has_value());
  }
};

QTEST_APPLESS_MAIN(ErrorTest)
#include "error_test.moc"
