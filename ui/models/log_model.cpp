// SPDX-License-Identifier: Apache-2.0
#include "ui/models/log_model.h"

#include <algorithm>
#include <QDateTime>
#include <QGuiApplication>

#include "ui/format.h"
#include "ui/theme/colors.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

QDateTime timeOf(const LogEntry& entry) {
  const auto sinceEpoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(entry.time.time_since_epoch());
  return QDateTime::fromMSecsSinceEpoch(sinceEpoch.count());
}

QString plainLevel(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return u"debug"_s;
    case LogLevel::Info:
      return u"info"_s;
    case LogLevel::Warning:
      return u"warning"_s;
    case LogLevel::Error:
      return u"error"_s;
  }
  return {};
}

}  // namespace

void LogModel::append(const QList<LogEntry>& entries) {
  if (entries.isEmpty()) return;
  const qsizetype skipped = std::max<qsizetype>(0, entries.size() - kCapacity);
  const int added = static_cast<int>(entries.size() - skipped);
  const int surplus = std::max(0, rowCount() + added - kCapacity);
  if (surplus > 0) {
    beginRemoveRows({}, 0, surplus - 1);
    m_entries.erase(m_entries.begin(), m_entries.begin() + surplus);
    endRemoveRows();
  }
  beginInsertRows({}, rowCount(), rowCount() + added - 1);
  m_entries.insert(m_entries.end(), entries.begin() + skipped, entries.end());
  endInsertRows();
}

void LogModel::clear() {
  beginResetModel();
  m_entries.clear();
  endResetModel();
}

QString LogModel::line(int row) const {
  const LogEntry& entry = entryAt(row);
  return u"%1 %2 %3 %4"_s.arg(timeOf(entry).toString(u"yyyy-MM-dd HH:mm:ss.zzz"_s), plainLevel(entry.level),
                              fromUtf8(entry.component), fromUtf8(entry.message));
}

QString LogModel::levelText(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return tr("Detail");
    case LogLevel::Info:
      return tr("Info");
    case LogLevel::Warning:
      return tr("Warning");
    case LogLevel::Error:
      return tr("Error");
  }
  return {};
}

int LogModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int LogModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant LogModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const LogEntry& entry = entryAt(index.row());
  if (role == Qt::DisplayRole) {
    switch (index.column()) {
      case TimeColumn:
        return timeOf(entry).toString(u"HH:mm:ss"_s);
      case LevelColumn:
        return levelText(entry.level);
      case ComponentColumn:
        return fromUtf8(entry.component);
      case MessageColumn:
        return fromUtf8(entry.message);
      default:
        return {};
    }
  }
  if (role == RawRole) {
    switch (index.column()) {
      case TimeColumn:
        return timeOf(entry);
      case LevelColumn:
        return static_cast<int>(entry.level);
      default:
        return data(index, Qt::DisplayRole);
    }
  }
  if (role == Qt::ToolTipRole && index.column() == MessageColumn) return toolTipText(fromUtf8(entry.message));
  if (role == Qt::ForegroundRole) {
    const Colors& colors = colorsOf(QGuiApplication::palette());
    if (index.column() == LevelColumn && entry.level == LogLevel::Error) return inkOf(colors.error, colors);
    if (index.column() == LevelColumn && entry.level == LogLevel::Warning)
      return inkOf(colors.waiting, colors);
    if (index.column() != MessageColumn) return colors.faint;
    if (entry.level == LogLevel::Debug) return colors.secondary;
  }
  return {};
}

LogFilter::LogFilter(LogModel* model, QObject* parent) : QSortFilterProxyModel(parent), m_model(model) {
  setSourceModel(model);
}

void LogFilter::setLevel(LogLevel least) {
  m_least = least;
  invalidateFilter();
}

void LogFilter::setText(const QString& text) {
  m_text = text;
  invalidateFilter();
}

bool LogFilter::filterAcceptsRow(int row, const QModelIndex&) const {
  const LogEntry& entry = m_model->entryAt(row);
  if (entry.level < m_least) return false;
  return m_text.isEmpty() || fromUtf8(entry.message).contains(m_text, Qt::CaseInsensitive) ||
         fromUtf8(entry.component).contains(m_text, Qt::CaseInsensitive);
}

}  // namespace adit::ui
