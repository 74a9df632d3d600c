"""Draws a chart: how much more processor time each peer takes than tucuxi, row by row."""

import math
import statistics
from html import escape

import rows

# a peer's colour for light and dark backgrounds, and its shape
PEERS = {
    rows.OURS: ("#0969da", "#4493f8", "circle"),
    rows.COMMAND: ("#0969da", "#4493f8", "ring"),
    rows.SDK: ("#bc4c00", "#db6d28", "square"),
    rows.BOTO: ("#1a7f37", "#3fb950", "diamond"),
    rows.AWS: ("#8250df", "#ab7df8", "triangle"),
    rows.S5CMD: ("#9a6700", "#d29922", "cross"),
    rows.UREQ: ("#6e7781", "#8b949e", "bar"),
}
LEFT, RIGHT, TOP, STEP = 310, 850, 84, 26
TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
STYLE = """text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.base { stroke: #59636e; stroke-width: 1.5 }"""
UNITS = {"cpu_ms": "ms", "cpu_s": "s", "cpu_us_per_call": "µs"}
DARK = """text { fill: #f0f6fc }
.small { fill: #9198a1 }
.grid { stroke: #3d444d }
.base { stroke: #9198a1 }"""


def draw(kept):
    """The chart as SVG. It has no background, and colours for light and dark ones."""
    lines = {name: medians(samples) for name, samples in kept["rows"].items() if rows.OURS in samples}
    ratios = [time / times[rows.OURS] for times in lines.values() for peer, time in times.items() if peer in PEERS]
    first = max(number for number, tick in enumerate(TICKS) if tick <= min(ratios))
    last = min(number for number, tick in enumerate(TICKS) if tick >= max(ratios))
    ticks = TICKS[first : last + 1]
    bottom = TOP + STEP * len(lines)
    captions = caption(kept)
    height = bottom + 44 + 15 * len(captions)
    label = "Processor time of SDKs and tools, as multiples of that of tucuxi"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 {height}" role="img" aria-label="{label}">',
        f"<style>{style()}</style>",
        text(10, 22, "Processor time, as a multiple of tucuxi’s (logarithmic; less is better)", "title"),
        *legend([peer for peer in PEERS if any(peer in times for times in lines.values())]),
    ]
    for tick in ticks:
        x, kind = place(tick, ticks), "base" if tick == 1 else "grid"
        out.append(f'<line class="{kind}" x1="{x:.1f}" y1="{TOP - 14}" x2="{x:.1f}" y2="{bottom - 6}"/>')
        out.append(text(x, bottom + 10, f"{tick:g} ×", "small", "middle"))
    for number, (name, times) in enumerate(lines.items()):
        unit = UNITS[next(iter(kept["rows"][name][rows.OURS]))]
        out += line(TOP + STEP * number + 4, name, times, unit, ticks)
    for number, words in enumerate(captions):
        out.append(text(10, bottom + 36 + 15 * number, words, "small"))
    return "\n".join([*out, "</svg>", ""])


def medians(samples):
    """The median of the first column of each peer."""
    return {peer: statistics.median(next(iter(found.values()))) for peer, found in samples.items()}


def line(y, name, times, unit, ticks):
    """A row: its name, a mark for each peer, and the figure of tucuxi."""
    out = [text(10, y + 4, name)]
    base = times[rows.OURS]
    # ours on top
    for peer in reversed(PEERS):
        if peer in times:
            ratio = times[peer] / base
            hint = f"{peer}: {figure(times[peer])} {unit}, {ratio:.2g} ×"
            out.append(f"<g><title>{escape(hint)}</title>{mark(peer, place(ratio, ticks), y)}</g>")
    out.append(text(930, y + 4, f"{figure(base)} {unit}", "small", "end"))
    return out


def place(ratio, ticks):
    return LEFT + (RIGHT - LEFT) * math.log(ratio / ticks[0]) / math.log(ticks[-1] / ticks[0])


def figure(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def mark(peer, x, y):
    kind, r = kind_of(peer), 5
    shape = {
        "circle": f'<circle cx="{x:.1f}" cy="{y}" r="{r}"/>',
        "ring": f'<circle class="open" cx="{x:.1f}" cy="{y}" r="{r - 1}"/>',
        "square": f'<rect x="{x - r + 0.5:.1f}" y="{y - r + 0.5}" width="{2 * r - 1}" height="{2 * r - 1}"/>',
        "diamond": f'<path d="M{x - r:.1f} {y}l{r} {-r}l{r} {r}l{-r} {r}z"/>',
        "triangle": f'<path d="M{x - r:.1f} {y + r - 1}l{r} {-2 * r + 1}l{r} {2 * r - 1}z"/>',
        "cross": f'<path class="open" d="M{x - 4:.1f} {y - 4}l8 8m0 -8l-8 8"/>',
        "bar": f'<path class="open" d="M{x:.1f} {y - 6}v12"/>',
    }[PEERS[peer][2]]
    return f'<g class="{kind}">{shape}</g>'


def kind_of(peer):
    return f"p{list(PEERS).index(peer)}"


def style():
    """Colours of both kinds of background."""
    both = [STYLE, ".open { fill: none; stroke-width: 2.5 }"], [DARK]
    for peer, colours in PEERS.items():
        kind = kind_of(peer)
        for rules, colour in zip(both, colours):
            rules.append(f".{kind} :not(.open) {{ fill: {colour} }} .{kind} .open {{ stroke: {colour} }}")
    light, dark = ("\n".join(rules) for rules in both)
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def legend(peers):
    x, out = 16, []
    for peer in peers:
        out += [mark(peer, x, 46), text(x + 10, 50, peer)]
        x += 34 + 7.4 * len(peer)
    return out


def caption(kept):
    versions = ", ".join(f"{peer} {version}" for peer, version in kept["versions"].items() if peer not in (rows.OURS, rows.SDK))
    lines = [
        "User and system time of the client’s process; medians of rounds in which the peers take turns. On the right: tucuxi’s own.",
        f"{kept['machine']}, {kept['date']}; a server on the loopback interface over HTTP. {versions}.",
    ]
    if rows.SDK in kept["versions"]:
        lines.append(f"aws-sdk-rust: {kept['versions'][rows.SDK]}.")
    return lines


def text(x, y, words, kind="", anchor=""):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y}"{attributes}>{escape(words)}</text>'
