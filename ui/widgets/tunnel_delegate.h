// SPDX-License-Identifier: Apache-2.0
#pragma once
// Draws a tunnel as a card: state dot and name, sparkline, address with Copy and Open, target and rates. The
// geometry is one function, used for drawing and for finding what the pointer is on. GUI thread.

#include <QPersistentModelIndex>
#include <QStyledItemDelegate>

#include "ui/models/tunnel_model.h"

namespace adit::ui {

class TunnelDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  enum class Part { None, Copy, Open };

  /// Where things are in one row.
  struct Layout {
    QRect card, dot, name, spark, state, address, copy, open, target, rates;
  };

  explicit TunnelDelegate(const TunnelModel& model, QObject* parent = nullptr)
      : QStyledItemDelegate(parent), m_model(model) {}

  [[nodiscard]] static Layout layoutOf(const QRect& row, const QFont& font);
  [[nodiscard]] static Part partAt(const Layout& layout, QPoint position);

  /// The part under the pointer, and the row whose address was just copied (a check mark is shown there).
  void setHot(const QModelIndex& index, Part part);
  void setCopied(const QModelIndex& index) { m_copied = index; }
  /// Whether the row that has the focus shows it: not to who uses a mouse.
  void setRing(bool shown) { m_ring = shown; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  void paintButton(QPainter& painter, const QRect& rect, Part part, const QModelIndex& index,
                   const QPalette& palette) const;

  const TunnelModel& m_model;
  QPersistentModelIndex m_hotIndex;
  Part m_hotPart = Part::None;
  QPersistentModelIndex m_copied;
  bool m_ring = false;
};

}  // namespace adit::ui
