#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that dependencies point one way: core includes nothing of Qt, ui or app; ui includes of core only engine/ and plain
value types; a folder of core includes only the folders it may. Also each source opens with its licence, each header with
#pragma once."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# Qt headers are <QString>, <QtCore/qglobal.h>, <qstring.h>; nothing else of ours or the libraries' is named so.
QT = re.compile(r"^(Q[A-Z][A-Za-z0-9]*|Qt[A-Z][A-Za-z0-9]*/.*|q[a-z]+\.h)$")
# What the window may see of the engine: the facade and values.
UI_MAY = {"core/base/error.h", "core/base/log.h", "core/base/clock.h", "core/base/host_port.h", "core/session/join_link.h", "core/config/profile_store.h"}
# Which folders of core a folder may include, besides itself.
BELOW = {
    "base": "",
    "net": "base",
    "tls": "base net",
    "transport": "base net tls",
    "quic": "base net tls transport",
    "http": "base",
    "wire": "base net http",
    "session": "base tls wire",
    "access": "base wire session",
    "routing": "base wire access",
    "config": "base session",
    "relay": "base net transport http wire",
    "server": "base net tls transport quic http wire session access routing config relay",
    "client": "base net tls transport quic http wire session config relay",
    "engine": "base net tls quic session access config server client",
}


def problems_of(path, text, root=ROOT):
    """The violations of one file, given as its path below the root."""
    parts = pathlib.PurePosixPath(path).parts
    out = []
    if "SPDX-License-Identifier: Apache-2.0" not in text[:200]:
        out.append("has no licence line at its top")
    if path.endswith(".h") and "#pragma once" not in text:
        out.append("has no #pragma once")
    if parts[0] == "tests":
        return out
    for _, name in INCLUDE.findall(text):
        if parts[0] == "core":
            if QT.match(name):
                out.append(f"includes {name}: core knows no Qt")
            if name.startswith(("ui/", "app/", "tests/")):
                out.append(f"includes {name}: dependencies point the other way")
            if name.startswith("core/") and len(parts) > 2:
                other = name.split("/")[1]
                if other != parts[1] and other not in BELOW.get(parts[1], "").split():
                    out.append(f"includes {name}: {parts[1]} may not depend on {other}")
        if parts[0] == "ui":
            if name.startswith("core/") and not name.startswith("core/engine/") and name not in UI_MAY:
                out.append(f"includes {name}: ui sees core/engine and plain values only")
            if name.startswith(("app/", "tests/")):
                out.append(f"includes {name}: dependencies point the other way")
    return out


def self_test():
    """A check that cannot fail checks nothing."""
    licence = "// SPDX-License-Identifier: Apache-2.0\n"
    bad = [("core/base/x.cpp", licence + "#include <QString>"), ("core/base/x.cpp", licence + "#include <QtCore/QString>"),
           ("core/base/x.cpp", licence + '#include "core/net/event_loop.h"'), ("core/quic/x.cpp", licence + '#include "ui/window.h"'),
           ("ui/x.cpp", licence + '#include "core/quic/endpoint.h"'), ("core/base/x.h", licence), ("core/base/x.cpp", "int x;"),
           ("core/client/x.cpp", licence + '#include "core/server/server.h"'),
           ("core/transport/x.h", licence + '#pragma once\n#include "core/quic/endpoint.h"'), ("core/relay/x.cpp", licence + '#include "core/quic/endpoint.h"')]
    good = [("core/net/x.cpp", licence + '#include <uv.h>\n#include "core/base/error.h"'), ("ui/x.cpp", licence + '#include "core/engine/engine.h"'),
            ("app/x.cpp", licence + '#include <QApplication>\n#include "core/server/server.h"')]
    return [f"self-test: {case} should fail" for case in bad if not problems_of(*case)] + \
           [f"self-test: {case} should pass: {problems_of(*case)}" for case in good if problems_of(*case)]


def main():
    out = self_test()
    count = 0
    for top in ("core", "ui", "app", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp") and path.is_file():
                count += 1
                name = path.relative_to(ROOT).as_posix()
                out += [f"{name} {problem}" for problem in problems_of(name, path.read_text(encoding="utf-8"))]
    print("\n".join(out) if out else f"{count} files are where they belong")
    return 1 if out or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
