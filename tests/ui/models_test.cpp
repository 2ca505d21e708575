// SPDX-License-Identifier: Apache-2.0
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QTest>

#include "ui/models/log_model.h"
#include "ui/models/tunnel_model.h"

using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;

namespace {

engine::TunnelSnapshot tunnel(engine::TunnelId id, const std::string& name) {
  engine::TunnelSnapshot made;
  made.id = id;
  made.name = name;
  made.spec = {.name = name, .target = "3000"};
  made.state = engine::TunnelState::Online;
  made.url = "http://" + name + ".t.example.com";
  return made;
}

LogEntry entry(LogLevel level, const std::string& message, const std::string& component = "client") {
  return {.time = std::chrono::system_clock::time_point(1h),
          .level = level,
          .component = component,
          .message = message};
}

}  // namespace

class ModelsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rowsComeAndGoOneByOne() {
    TrafficBook book;
    TunnelModel model(book);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    QSignalSpy removals(&model, &QAbstractItemModel::rowsRemoved);
    model.update({tunnel(1, "a"), tunnel(2, "b"), tunnel(3, "c")});
    QCOMPARE(model.rowCount(), 3);
    const QPersistentModelIndex third = model.index(2, TunnelModel::NameColumn);
    model.update({tunnel(1, "a"), tunnel(3, "c")});
    QCOMPARE(third.row(), 1);
    QCOMPARE(third.data().toString(), QStringLiteral("c"));
    QCOMPARE(removals.count(), 1);
    QCOMPARE(resets.count(), 0);
    QCOMPARE(model.rowOf(3), 1);
    QCOMPARE(model.rowOf(2), -1);
    model.update({});
    QCOMPARE(model.rowCount(), 0);
  }

  void rowsFollowTheEngineOrder() {
    TrafficBook book;
    TunnelModel model(book);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.update({tunnel(1, "a"), tunnel(2, "b"), tunnel(3, "c")});
    const QPersistentModelIndex first = model.index(0, 0);
    model.update({tunnel(3, "c"), tunnel(4, "d"), tunnel(1, "a"), tunnel(2, "b")});
    QCOMPARE(first.row(), 2);
    QStringList names;
    for (int row = 0; row < model.rowCount(); ++row) names << model.index(row, 0).data().toString();
    QCOMPARE(names, QStringList({QStringLiteral("c"), QStringLiteral("d"), QStringLiteral("a"),
                                 QStringLiteral("b")}));
  }

  void rolesOfATunnel() {
    TrafficBook book;
    TunnelModel model(book);
    engine::TunnelSnapshot failed = tunnel(5, "shop");
    failed.state = engine::TunnelState::Failed;
    failed.hasError = true;
    failed.error.code = ErrorCode::NameTaken;
    model.update({failed});
    const auto at = [&model](int column) { return model.index(0, column); };
    QCOMPARE(at(TunnelModel::AddressColumn).data().toString(), QStringLiteral("http://shop.t.example.com"));
    QCOMPARE(at(TunnelModel::TargetColumn).data().toString(), QStringLiteral("localhost:3000"));
    QCOMPARE(at(0).data(TunnelModel::IdRole).toULongLong(), 5ULL);
    QVERIFY(at(0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("shop")));
    QVERIFY(at(0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("shop")));
    for (int column = 0; column < TunnelModel::ColumnCount; ++column) {
      QVERIFY(!model.headerData(column, Qt::Horizontal).toString().isEmpty());
    }
    QVERIFY(!model.data({}).isValid());
  }

  void rawRatesSortAsNumbers() {
    TrafficBook book;
    TunnelModel model(book);
    engine::Snapshot snapshot;
    snapshot.tunnels = {tunnel(1, "small"), tunnel(2, "large"), tunnel(3, "medium")};
    snapshot.taken = SteadyTime(10s);
    book.add(snapshot);
    snapshot.taken += 1s;
    snapshot.tunnels[0].traffic.bytesOut = 900;  // "900 B/s" sorts last as text.
    snapshot.tunnels[1].traffic.bytesOut = 20'000'000;
    snapshot.tunnels[2].traffic.bytesOut = 30'000;
    book.add(snapshot);
    model.update(snapshot.tunnels);
    QSortFilterProxyModel sorted;
    sorted.setSourceModel(&model);
    sorted.setSortRole(TunnelModel::RawRole);
    sorted.sort(TunnelModel::OutColumn, Qt::DescendingOrder);
    QCOMPARE(sorted.index(0, 0).data().toString(), QStringLiteral("large"));
    QCOMPARE(sorted.index(2, 0).data().toString(), QStringLiteral("small"));
  }

  void refreshTouchesTheRateColumns() {
    TrafficBook book;
    TunnelModel model(book);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.refreshTraffic();
    QCOMPARE(changes.count(), 0);
    model.update({tunnel(1, "a")});
    changes.clear();
    model.refreshTraffic();
    QCOMPARE(changes.count(), 1);
    QCOMPARE(changes.at(0).at(0).toModelIndex().column(), int(TunnelModel::InColumn));
  }

  void theLogIsARing() {
    LogModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    QList<LogEntry> entries;
    for (int i = 0; i < LogModel::kCapacity - 1; ++i)
      entries.append(entry(LogLevel::Info, std::to_string(i)));
    model.append(entries);
    QCOMPARE(model.rowCount(), LogModel::kCapacity - 1);
    model.append({entry(LogLevel::Info, "x"), entry(LogLevel::Info, "y"), entry(LogLevel::Info, "z")});
    QCOMPARE(model.rowCount(), int(LogModel::kCapacity));
    QCOMPARE(model.entryAt(0).message, std::string("2"));
    QCOMPARE(model.entryAt(LogModel::kCapacity - 1).message, std::string("z"));
  }

  void aFloodKeepsTheNewest() {
    LogModel model;
    model.append({entry(LogLevel::Info, "old")});
    QList<LogEntry> flood;
    for (int i = 0; i < LogModel::kCapacity + 700; ++i)
      flood.append(entry(LogLevel::Info, std::to_string(i)));
    model.append(flood);
    QCOMPARE(model.rowCount(), int(LogModel::kCapacity));
    QCOMPARE(model.entryAt(0).message, std::string("700"));
    model.append({});
    model.clear();
    QCOMPARE(model.rowCount(), 0);
  }

  void theFilterTakesLevelAndText() {
    LogModel model;
    model.append({entry(LogLevel::Debug, "packet", "quic"), entry(LogLevel::Info, "Shop is online"),
                  entry(LogLevel::Warning, "slow"), entry(LogLevel::Error, "shop refused")});
    LogFilter filter(&model);
    QAbstractItemModelTester tester(&filter, QAbstractItemModelTester::FailureReportingMode::Fatal);
    QCOMPARE(filter.rowCount(), 4);
    filter.setLevel(LogLevel::Warning);
    QCOMPARE(filter.rowCount(), 2);
    filter.setLevel(LogLevel::Debug);
    filter.setText(QStringLiteral("SHOP"));
    QCOMPARE(filter.rowCount(), 2);
    filter.setText(QStringLiteral("quic"));
    QCOMPARE(filter.rowCount(), 1);
    filter.setText({});
    model.append({entry(LogLevel::Info, "later")});
    QCOMPARE(filter.rowCount(), 5);
  }

  void aCopiedLineIsPlain() {
    LogModel model;
    model.append({entry(LogLevel::Warning, "slow \xe2\x82\xac", "client")});
    QVERIFY(model.line(0).endsWith(QStringLiteral(" warning client slow €")));
    QCOMPARE(model.index(0, LogModel::LevelColumn).data(LogModel::RawRole).toInt(), int(LogLevel::Warning));
    QVERIFY(model.index(0, LogModel::LevelColumn).data(Qt::ForegroundRole).isValid());
  }
};

QTEST_MAIN(ModelsTest)
#include "models_test.moc"
