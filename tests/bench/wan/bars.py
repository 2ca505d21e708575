# SPDX-License-Identifier: Apache-2.0
"""The table and the bars. A bar is (what, figure, relation, limit); a figure that could not be measured fails its bar."""

import math

ADIT, CUBIC, BBR = "adit", "tcp cubic", "tcp bbr"


def percentile(values, share):
    """Of a sorted list, by nearest rank."""
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else None


def text(value, width, digits=1):
    return f"{value:{width}.{digits}f}" if value is not None else f"{'-':>{width}}"


def ratio(a, b):
    return a / b if a is not None and b else None


class Verdicts:
    def __init__(self):
        self.all = []

    def at_least(self, what, figure, limit):
        self.all.append((what, figure, ">=", limit, figure is not None and figure >= limit))

    def at_most(self, what, figure, limit):
        self.all.append((what, figure, "<=", limit, figure is not None and figure <= limit))

    def print(self):
        failed = [verdict for verdict in self.all if not verdict[-1]]
        print(f"\n{len(self.all) - len(failed)} of {len(self.all)} bars are met.")
        for what, figure, relation, limit, good in self.all:
            print(f"  {'pass' if good else 'FAIL'}  {what}: {text(figure, 0, 2)} {relation} {limit:.2f}")


HEADER = (f"{'path':<34} {'system':<10} {'down':>7} {'up':>7} | {'8 small: p50':>12} {'p99':>7} | {'beside: p50':>11} {'p99':>7} {'MB/s':>6}"
          f" | {'third: p50':>10} {'p99':>7}")


def print_row(name, system, row):
    small, beside, third = (row.get(key, {}).get("latencies", []) for key in ("small", "beside", "third"))
    print(f"{name:<34} {system:<10} {text(row.get('down'), 7, 2)} {text(row.get('up'), 7, 2)} | {text(percentile(small, 0.5), 12)} "
          f"{text(percentile(small, 0.99), 7)} | {text(percentile(beside, 0.5), 11)} {text(percentile(beside, 0.99), 7)} "
          f"{text(row.get('beside', {}).get('beside', 0) / 1e6 if row.get('beside') else None, 6)} | {text(percentile(third, 0.5), 10)} "
          f"{text(percentile(third, 0.99), 7)}", flush=True)


def judge_cell(verdicts, cell, rows):
    adit, cubic, bbr = (rows.get(system, {}) for system in (ADIT, CUBIC, BBR))
    for way in ("down", "up"):
        if way not in adit:
            continue
        if bbr.get(way):
            verdicts.at_least(f"{cell.name}: {way}, of kernel BBR", ratio(adit[way], bbr[way]), 0.95)
        if cell.loss == 0 and cell.reorder == 0 and cubic.get(way):
            verdicts.at_least(f"{cell.name}: {way}, of kernel CUBIC", ratio(adit[way], cubic[way]), 0.97)
        if (cell.rtt, cell.loss, cell.mbit) == (100, 1, 200) and not cell.reorder:
            verdicts.at_least(f"{cell.name}: {way}, MB/s", adit[way], 8)
    kernel = bbr or cubic
    if "small" in adit and kernel.get("small"):
        verdicts.at_most(f"{cell.name}: p99 of small requests, of the kernel's TCP",
                         ratio(percentile(adit["small"].get("latencies", []), 0.99), percentile(kernel["small"].get("latencies", []), 0.99)), 1)
    if "beside" in adit and cell.mbit <= 40:
        verdicts.at_most(f"{cell.name}: p50 beside a bulk download, of the round trip",
                         ratio(percentile(adit["beside"].get("latencies", []), 0.5), cell.rtt), 1.5)
    if "third" in adit:
        verdicts.at_most(f"{cell.name}: p50 of a third tunnel beside two bulk downloads, ms",
                         percentile(adit["third"].get("latencies", []), 0.5), 2 * cell.rtt + 20)
