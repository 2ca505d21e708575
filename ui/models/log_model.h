// SPDX-License-Identifier: Apache-2.0
#pragma once
// The lines of the log pane: the newest 5,000, and a filter by minimum level and text. GUI thread.

#include <deque>
#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include "core/base/log.h"

namespace adit::ui {

class LogModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { TimeColumn, LevelColumn, ComponentColumn, MessageColumn, ColumnCount };
  enum Role { RawRole = Qt::UserRole + 1 };
  static constexpr int kCapacity = 5000;

  explicit LogModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// Drops the oldest lines beyond the capacity.
  void append(const QList<LogEntry>& entries);
  void clear();
  [[nodiscard]] const LogEntry& entryAt(int row) const { return m_entries[static_cast<std::size_t>(row)]; }
  /// The line's text for copying: "2026-01-31 12:00:00.123 warning client text".
  [[nodiscard]] QString line(int row) const;
  static QString levelText(LogLevel level);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  std::deque<LogEntry> m_entries;
};

class LogFilter : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  explicit LogFilter(LogModel* model, QObject* parent = nullptr);
  void setLevel(LogLevel least);
  void setText(const QString& text);

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  LogModel* m_model;
  LogLevel m_least = LogLevel::Debug;
  QString m_text;
};

}  // namespace adit::ui
