// SPDX-License-Identifier: Apache-2.0
#include "ui/language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

Language::~Language() {
  QCoreApplication::removeTranslator(&m_own);
  QCoreApplication::removeTranslator(&m_qt);
}

bool Language::apply(const QString& choice) {
  m_choice = choice;
  const QLocale locale = choice == "system"_L1 || choice.isEmpty() ? QLocale::system() : QLocale(choice);
  QLocale::setDefault(locale);
  // English has a file, too, with the plural forms.
  const bool found = m_own.load(locale, u"adit"_s, u"_"_s, u":/i18n"_s) || m_own.load(u":/i18n/adit_en.qm"_s);
  const bool qt = m_qt.load(locale, u"qtbase"_s, u"_"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
  QCoreApplication::removeTranslator(&m_qt);
  QCoreApplication::removeTranslator(&m_own);
  if (qt) QCoreApplication::installTranslator(&m_qt);
  if (found) QCoreApplication::installTranslator(&m_own);
  return found && QLocale(m_own.language()).language() == locale.language();
}

}  // namespace adit::ui
