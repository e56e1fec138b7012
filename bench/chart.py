"""The chart of the README: for each family how many times faster than onnxruntime, on one thread and on two, as an SVG that stands on light and
dark pages. The axis is logarithmic: twice as fast is as far from the line of onnxruntime as half as fast."""
import math
from xml.sax.saxutils import escape

LEFT, RIGHT, TOP, ROW, BAR = 210, 70, 64, 30, 10
WIDTH = 820

STYLE = """
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #57606a }
  .title { font-size: 15px; font-weight: 600 }
  .name { fill: #424a53 }
  .small { font-size: 11px }
  .grid { stroke: #8c959f; stroke-opacity: .3 }
  .line { stroke: #57606a; stroke-width: 1.5 }
  .one { fill: #c2410c }
  .two { fill: #f59e0b }
  .slow { fill-opacity: .45 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .title, .name { fill: #d1d7e0 }
    .line { stroke: #9198a1 }
    .one { fill: #ea580c }
    .two { fill: #fbbf24 }
  }
"""


def axis(ratios):
    """Ends of the axis, powers of two that hold all ratios."""
    low = min(min(ratios, default=1), 1)
    high = max(max(ratios, default=1), 2)
    return 2.0 ** math.floor(math.log2(low) + 1e-9), 2.0 ** math.ceil(math.log2(high) - 1e-9)


def chart(title, note, groups):
    """`groups`: [(name, ratio on one thread or None, ratio on two or None)]."""
    ratios = [r for _, *pair in groups for r in pair if r]
    low, high = axis(ratios)
    height = TOP + ROW * len(groups) + 44
    span = WIDTH - LEFT - RIGHT
    place = lambda r: LEFT + span * math.log(r / low) / math.log(high / low)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
           f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", f'<text class="title" x="16" y="24">{escape(title)}</text>']
    x = LEFT
    for kind, words in (("one", "1 thread"), ("two", "2 threads")):
        out.append(f'<rect class="{kind}" x="{x}" y="37" width="10" height="10" rx="2"/><text class="small" x="{x + 15}" y="46">{words}</text>')
        x += 90
    bottom = TOP + ROW * len(groups)
    tick = low
    while tick <= high * 1.001:
        words = f"{tick:g}x" if tick >= 1 else f"1/{1 / tick:g}"
        kind = "line" if abs(tick - 1) < 1e-9 else "grid"
        out.append(f'<line class="{kind}" x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="{TOP - 6}" y2="{bottom}"/>')
        out.append(f'<text class="small" x="{place(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{words}</text>')
        tick *= 2
    for k, (name, *pair) in enumerate(groups):
        y = TOP + ROW * k
        out.append(f'<text class="name" x="{LEFT - 12}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        for kind, r, top in zip(("one", "two"), pair, (y + 3, y + 3 + BAR + 1)):
            if r:
                out.append(bar(kind, r, top, place))
    out.append(f'<text class="small" x="16" y="{height - 8}">{escape(note)}</text>')
    return "\n".join(out + ["</svg>", ""])


def bar(kind, r, top, place):
    start, end = sorted((place(1), place(r)))
    slow = " slow" if r < 1 else ""
    return (f'<rect class="{kind}{slow}" x="{start:.1f}" y="{top}" width="{max(end - start, 1):.1f}" height="{BAR}" rx="2"/>'
            f'<text class="small" x="{end + 5:.1f}" y="{top + 9}">{r:.2f}</text>')
