// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/tunnel_input.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>

#include "core/base/host_port.h"
#include "core/engine/types.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Input {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Input)
};

constexpr qsizetype kLongestName = 63;

}  // namespace

QString targetProblem(const QString& target) {
  if (target.contains(QRegularExpression(u"\\s"_s))) return Input::tr("There is a space in the target.");
  const auto read = engine::Target::read(target.toStdString());
  if (read) {
    // A relative path would depend on the window's working directory, which users do not know.
    const bool isRelative =
        read->kind == engine::Target::Kind::Unix && (read->path.size() < 2 || read->path[0] != '/');
    return isRelative ? Input::tr("Enter the whole path, such as unix:/run/app.sock.") : QString();
  }
  switch (read.error()) {
    case engine::TargetProblem::Empty:
      return target.isEmpty() ? Input::tr("Enter a port, such as 3000.")
                              : Input::tr("This is not an address, such as http://localhost:3000.");
    case engine::TargetProblem::UnixPath:
      return Input::tr("Enter the whole path, such as unix:/run/app.sock.");
    case engine::TargetProblem::UnknownScheme:
      return Input::tr("Use a port, host:port, unix:/path, or http, https, h2c or h2s with ://host:port.");
    case engine::TargetProblem::Path:
      return Input::tr("Leave out what follows the port.");
    case engine::TargetProblem::MissingPort:
      return Input::tr("Add the port, as in %1:3000.").arg(target);
    case engine::TargetProblem::BadPort:
      return Input::tr("A port is a number from 1 to 65535.");
    case engine::TargetProblem::NumberAsHost:
      return Input::tr("A number is not a host. Enter the port alone, such as 3000.");
    case engine::TargetProblem::BadIpv6:
      return Input::tr("Write an IPv6 address in brackets, as in [::1]:3000.");
    case engine::TargetProblem::User:
    case engine::TargetProblem::MissingHost:
    case engine::TargetProblem::BadHost:
      break;
  }
  return Input::tr("This is not an address, such as http://localhost:3000.");
}

QString hostProblem(const QString& text) {
  if (text.isEmpty()) return Input::tr("Enter a host, such as shop.example.com.");
  const std::string host = text.toStdString();
  const auto parsed = parseHostPort(host);
  return parsed && parsed->zone.empty() && parsed->port != 0 ? QString()
                                                             : Input::tr("This is not a host or host:port.");
}

QString serverNameProblem(const QString& text) {
  if (text.isEmpty()) return {};
  const bool isBareIpv6 = text.count(u':') > 1 && !text.startsWith(u'[');
  const std::string host = (isBareIpv6 ? u'[' + text + u']' : text).toStdString();
  const auto parsed = parseHostPort(host);
  if (!isBareIpv6 && (parsed ? parsed->port.has_value() : text.contains(u':')))
    return Input::tr("Leave out the port.");
  return parsed && parsed->zone.empty() ? QString() : Input::tr("A certificate cannot be for this name.");
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
  return file.isReadable() ? QString() : Input::tr("You are not allowed to read this file.");
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
