// SPDX-License-Identifier: Apache-2.0
#pragma once
// The application's appearance: style, palette, style sheet and font, light or dark, as the user or the
// system chooses. One per QApplication, owned by the Application; GUI thread.

#include <QObject>

class QPalette;

namespace adit::ui {

enum class ThemeMode { System, Light, Dark };

class Theme : public QObject {
  Q_OBJECT
 public:
  explicit Theme(QObject* parent = nullptr);
  ~Theme() override;

  void apply(ThemeMode mode);
  [[nodiscard]] ThemeMode mode() const { return m_mode; }
  /// Whether the application is dark now.
  [[nodiscard]] bool dark() const { return m_dark; }

  static QPalette palette(bool dark);
  /// "system", "light" or "dark", as stored in the settings; anything else is the system's.
  static ThemeMode modeFromString(const QString& text);
  static QString toString(ThemeMode mode);

 Q_SIGNALS:
  void changed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  bool systemIsDark();
  void dress(bool dark);

  ThemeMode m_mode = ThemeMode::System;
  bool m_dark = false;
  bool m_dressing = false;
};

}  // namespace adit::ui
