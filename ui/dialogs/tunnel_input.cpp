// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/tunnel_input.h"

#include <algorithm>
#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>
#include <QUrl>

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Input {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Input)
};

constexpr qsizetype kLongestName = 63;

bool isPort(const QString& text) {
  static const QRegularExpression digits(u"^[0-9]{1,5}$"_s);
  const int port = text.toInt();
  return digits.match(text).hasMatch() && port >= 1 && port <= 65535;
}

bool hasOtherThanAscii(const QString& text) {
  return std::any_of(text.begin(), text.end(),
                     [](QChar c) { return c.unicode() < 0x21 || c.unicode() > 0x7e; });
}

}  // namespace

QString targetProblem(const QString& target) {
  if (target.isEmpty()) return Input::tr("Enter a port, such as 3000.");
  static const QRegularExpression number(u"^[-+]?[0-9]+$"_s);
  if (number.match(target).hasMatch())
    return isPort(target) ? QString() : Input::tr("A port is a number from 1 to 65535.");
  if (target.contains(QRegularExpression(u"\\s"_s))) return Input::tr("There is a space in the target.");
  if (target.startsWith("unix:"_L1)) {
    return target.size() > 6 && target.at(5) == u'/'
               ? QString()
               : Input::tr("Give a whole path, such as unix:/run/app.sock.");
  }
  if (target.contains("://"_L1)) {
    const QUrl url(target, QUrl::StrictMode);
    static const QStringList schemes{u"http"_s, u"https"_s, u"h2c"_s, u"h2s"_s};
    if (!schemes.contains(target.section(u':', 0, 0)))
      return Input::tr("Use a port, host:port, unix:/path, or http, https, h2c or h2s with ://host:port.");
    if (!url.isValid() || url.host().isEmpty())
      return Input::tr("This is not an address, such as http://localhost:3000.");
    if (url.path().size() > 1 || url.hasQuery()) return Input::tr("Leave out what follows the port.");
    return {};
  }
  const qsizetype colon = target.lastIndexOf(u':');
  if (colon <= 0) return Input::tr("Add the port, as in %1:3000.").arg(target);
  return isPort(target.mid(colon + 1)) ? QString() : Input::tr("A port is a number from 1 to 65535.");
}

QString hostProblem(const QString& text) {
  if (text.isEmpty()) return Input::tr("Enter a host, such as shop.example.com.");
  const QUrl url(u"http://"_s + text, QUrl::StrictMode);
  const bool host = url.isValid() && !url.host().isEmpty() && url.userInfo().isEmpty() &&
                    url.path().isEmpty() && !url.hasQuery() && !url.hasFragment() && url.port() != 0 &&
                    !text.endsWith(u':') && !hasOtherThanAscii(text);
  return host ? QString() : Input::tr("This is no host or host:port.");
}

QString serverNameProblem(const QString& text) {
  if (text.isEmpty()) return {};
  const bool port = text.contains(u':') && text.count(u':') == 1;
  if (port) return Input::tr("Leave out the port.");
  const QString host = text.count(u':') > 1 && !text.startsWith(u'[') ? u'[' + text + u']' : text;
  return hostProblem(host).isEmpty() ? QString() : Input::tr("A certificate cannot be for this name.");
}

QString secondsProblem(const QString& text, std::chrono::seconds most) {
  bool number = false;
  const int value = text.toInt(&number);
  return number && value >= 1 && std::chrono::seconds(value) <= most
             ? QString()
             : Input::tr("A whole number of seconds, from 1 to %1.")
                   .arg(QLocale().toString(static_cast<int>(most.count())));
}

QString fileProblem(const QString& path) {
  if (path.isEmpty()) return Input::tr("Choose a file.");
  const QFileInfo file(path);
  if (!file.exists()) return Input::tr("There is no such file.");
  if (!file.isFile()) return Input::tr("This is not a file.");
  return file.isReadable() ? QString() : Input::tr("You may not read this file.");
}

QString nameProblem(const QString& name) {
  if (name.isEmpty()) return {};
  if (name.size() > kLongestName) return Input::tr("A name has at most 63 characters.");
  static const QRegularExpression label(u"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"_s,
                                        QRegularExpression::CaseInsensitiveOption);
  return label.match(name).hasMatch()
             ? QString()
             : Input::tr("Use letters, digits and hyphens, with no hyphen at either end.");
}

}  // namespace adit::ui
