# SPDX-License-Identifier: Apache-2.0
"""Medians, ratios against the peer (two nginx hops; for HTTP/2 and gRPC one nghttpx hop) of the same round, and the bars, as a table for people and a dictionary for the
JSON file."""

import pathlib
import statistics

SCENARIOS = {
    "small64": "512 B, 64 connections, requests/s",
    "https64": "512 B by HTTPS, 64 connections, requests/s",
    "h2": "512 B by HTTP/2, 8 connections of 32 streams, requests/s",
    "grpc": "gRPC unary calls of 32 B, 8 connections of 32 streams, calls/s",
    "small1": "512 B, 1 connection, requests/s",
    "websocket": "WebSocket echo of 32 B, 1 connection, messages/s",
    "mb8": "1 MiB bodies, 8 connections, responses/s",
    "bulk": "one bulk download, MB/s",
    "upload": "one upload, MB/s",
}
# By tests/bench/long_paths.py; names say where the distance is, what is spoken, which way the bytes go.
LONG_PATHS = {
    "near_h1_down": "visitor 100 ms away: one download by HTTP/1.1, MB/s",
    "near_h1_up": "visitor 100 ms away: one upload by HTTP/1.1, MB/s",
    "near_h2_down": "visitor 100 ms away: one download by HTTP/2, MB/s",
    "near_h2_up": "visitor 100 ms away: one upload by HTTP/2, MB/s",
    "far_down": "client 100 ms away: one download, MB/s",
    "far_up": "client 100 ms away: one upload, MB/s",
    "far_down_loss": "client 100 ms away, 0.1 % of packets lost: one download, MB/s",
    "far_up_loss": "client 100 ms away, 0.1 % of packets lost: one upload, MB/s",
}
SCENARIOS.update(LONG_PATHS)
BULK = {"bulk", "upload", *LONG_PATHS}
PEER = "two nginx hops"
HOP = "one nghttpx hop"
PEERS = {name: HOP for name in ("h2", "grpc", *LONG_PATHS)}
LAN, WAN, LONG = "adit, loopback packets", "adit, internet packets", "adit"
# (scenario, path, figure, kind, bar, goal); kind: ratio to the peer, or value. Figures named cpu and p50 are better when smaller.
BARS = [
    ("small64", LAN, "rate", "ratio", 1.0, 1.35),
    ("small64", LAN, "cpu_us_per_request", "ratio", 0.8, 0.6),
    ("https64", LAN, "rate", "ratio", 0.8, 1.0),
    ("h2", LAN, "rate", "ratio", 0.5, 0.8),
    ("grpc", LAN, "rate", "ratio", 0.5, 0.8),
    ("small1", LAN, "rate", "ratio", 0.9, 1.3),
    ("websocket", LAN, "p50_us", "ratio", 1.1, 0.8),
    ("mb8", LAN, "rate", "ratio", 0.8, 1.0),
    ("mb8", WAN, "rate", "ratio", 0.5, 0.75),
    ("bulk", WAN, "cpu_s_per_gb", "value", 2.0, 1.1),
    ("near_h2_down", LONG, "rate", "ratio", 0.8, 1.0),
    ("near_h2_up", LONG, "rate", "ratio", 0.8, 1.0),
    *((name, LONG, "rate", "value", 30, 60) for name in LONG_PATHS if not name.endswith("_loss")),
]


# CPU time that a small request cost two plaintext nginx hops where the bars in CPU seconds were set, µs.
HOPS_US = 20.6


def machine_factor(scenarios):
    """How much more CPU time the same work takes here than where the bars were set; None: not measured in this run."""
    median = scenarios.get("small64", {}).get(PEER, {}).get("median", {}).get("cpu_us_per_request")
    return median / HOPS_US if median else None


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def summarize(samples, calls, memory, machine):
    result = {"machine": machine, "scenarios": {}, "system_calls": calls, "memory_kib": memory, "bars": []}
    for name, by_path in samples.items():
        out = result["scenarios"][name] = {}
        for path, rounds in by_path.items():
            if not rounds:
                continue
            figures = out[path] = {"rounds": rounds, "median": {}, "ratio": {}}
            for key in rounds[0]:
                figures["median"][key] = statistics.median(sample[key] for sample in rounds)
                # Of the same round: what else the machine did then, it did to both.
                pairs = [(sample[key], peer[key]) for sample, peer in zip(rounds, by_path.get(PEERS.get(name, PEER), [])) if peer[key]]
                if pairs:
                    figures["ratio"][key] = statistics.median(mine / peer for mine, peer in pairs)
    factor = result["machine_factor"] = machine_factor(result["scenarios"])
    for scenario, path, figure, kind, bar, goal in BARS:
        if path not in result["scenarios"].get(scenario, {}):
            continue
        figures = result["scenarios"][scenario][path]
        value = figures["ratio" if kind == "ratio" else "median"].get(figure)
        if value is None:
            continue
        what = f"{SCENARIOS[scenario].rpartition(', ')[0]}: {path}, {figure}"
        if kind == "ratio":
            what += f" vs. {PEERS.get(scenario, 'two hops')}"
        elif figure == "cpu_s_per_gb" and factor:
            what += f", {_number(value)} on this machine, here divided by {_number(factor)}"
            value /= factor
        smaller = figure.startswith(("cpu", "p50"))
        result["bars"].append({"what": what, "value": value, "bar": bar, "goal": goal, "smaller": smaller,
                               "met": value <= bar if smaller else value >= bar,
                               "goal_met": value <= goal if smaller else value >= goal})
    for key, bar in (("server idle, just started", 12 * 1024), ("client idle, just connected", 12 * 1024), ("per connected client, server", 150)):
        if key in memory:
            result["bars"].append({"what": f"memory, KiB: {key}", "value": memory[key], "bar": bar, "goal": bar, "smaller": True,
                                   "met": memory[key] <= bar, "goal_met": memory[key] <= bar})
    return result


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(result):
    machine = result["machine"]
    lines = [f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, {machine['date']}; medians of {machine['rounds']} rounds",
             ""]
    for name, by_path in result["scenarios"].items():
        lines.append(SCENARIOS[name])
        per = "s/GB" if name in BULK else "µs/request"
        lines.append(f"  {'':28}{'rate':>10}{'× peer':>8}{'p50 µs':>9}{'p99 µs':>9}{'CPU ' + per:>16}{'× peer':>8}")
        for path, figures in by_path.items():
            median, ratio = figures["median"], figures["ratio"]
            cpu = "cpu_s_per_gb" if name in BULK else "cpu_us_per_request"
            cells = [_number(median["rate"]), _number(ratio["rate"]) if "rate" in ratio else "-",
                     _number(median["p50_us"]) if "p50_us" in median else "-", _number(median["p99_us"]) if "p99_us" in median else "-",
                     _number(median[cpu]) if path != "direct" else "-", _number(ratio[cpu]) if cpu in ratio and path != "direct" else "-"]
            lines.append(f"  {path:28}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, (10, 8, 9, 9, 16, 8))))
        lines.append("")
    factor = result["machine_factor"]
    if factor:
        lines += [f"This machine: two nginx hops take {_number(factor * HOPS_US)} µs of CPU a small request, {_number(factor)} × the {HOPS_US} of the machine on which",
                  "the bars in CPU seconds were set; those are checked against the figure divided by that.", ""]
    elif any(figure == "cpu_s_per_gb" and scenario in result["scenarios"] for scenario, _, figure, *_ in BARS):
        lines += ["Bars in CPU seconds are checked as measured: without small64 in the same run nothing says how fast this machine is.", ""]
    if result["system_calls"]:
        lines.append("system calls per request, 64 connections (relays only)")
        for path, calls in result["system_calls"].items():
            top = ", ".join(f"{name} {count}" for name, count in calls["top"].items())
            lines.append(f"  {path:28}{calls['per_request']:10.2f}   {top}")
        lines.append("")
    if result["memory_kib"]:
        lines.append("resident memory, KiB")
        lines += [f"  {name:58}{_number(value):>10}" for name, value in result["memory_kib"].items()]
        lines.append("")
    if result["bars"]:
        lines.append("bars")
        for bar in result["bars"]:
            sign = "≤" if bar["smaller"] else "≥"
            verdict = "goal met" if bar["goal_met"] else "met" if bar["met"] else "MISSED"
            lines.append(f"  {bar['what']:100}{_number(bar['value']):>9}   {sign} {bar['bar']:g} (goal {bar['goal']:g})  {verdict}")
    return "\n".join(lines)
