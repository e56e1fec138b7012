#!/usr/bin/env python3
"""What ./dev bench makes of numbers: statistics, tables, comparison of outputs, the chart. Needs Python alone; numpy where it is."""
import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
import chart
import machine
import report
import stats

try:
    import numpy as np
except ImportError:
    np = None


def row(name, ours, theirs, threads="1", **more):
    engines = {"sardonyx": {"ms": ours}, "onnxruntime": {"ms": theirs}}
    return {"name": name, "family": "f", "kind": "model", "measured": True, "wanted": {threads: 1.5}, "threads": {threads: engines}, **more}


class Numbers(unittest.TestCase):
    def test_median(self):
        self.assertEqual(stats.median([3, 1, 2]), 2)
        self.assertEqual(stats.median([4, 1, 2, 3]), 2.5)

    def test_turns(self):
        self.assertEqual(stats.best([3.0, 2.0, 2.5]), 2.0)
        self.assertAlmostEqual(stats.spread([3.0, 2.0]), 0.5)

    def test_geometric_mean(self):
        self.assertAlmostEqual(stats.geometric_mean([0.5, 2.0]), 1.0)
        self.assertIsNone(stats.geometric_mean([]))

    def test_ratio(self):
        self.assertAlmostEqual(stats.ratio(row("a", 2.0, 3.0), 1, "onnxruntime"), 1.5)
        self.assertIsNone(stats.ratio(row("a", 2.0, None), 1, "onnxruntime"))
        self.assertIsNone(stats.ratio(row("a", 2.0, 3.0), 2, "onnxruntime"))

    def test_families(self):
        rows = [row("a", 1.0, 2.0), row("b", 1.0, 8.0), row("c", 1.0, None)]
        self.assertEqual([(f, round(r, 6), n) for f, r, n in stats.by_family(rows, 1)], [("f", 4.0, 2)])

    def test_changes_without_what_the_machine_changed(self):
        old = [row("a", 1.0, 2.0), row("b", 1.0, 2.0)]
        new = [row("a", 2.0, 4.0), row("b", 2.0, 2.0)]
        self.assertEqual([(c[0], c[4]) for c in stats.changes(old, new)], [("b", 2.0)])

    def test_text(self):
        self.assertEqual([stats.number(x) for x in (0, 0.0012345, 1.2345, 123.45, 12345.6, None)], ["0", "0.00123", "1.23", "123", "12346", ""])
        self.assertEqual([stats.times(x) for x in (1.234, 12.3, None)], ["1.23", "12", ""])


class Tables(unittest.TestCase):
    def test_terminal(self):
        self.assertEqual(stats.table(["a", "n"], [["x", 1], ["long", None]], [1]), ["a     n", "----  -", "x     1", "long"])

    def test_markdown(self):
        self.assertEqual(stats.markdown(["a", "n"], [["x|y", 1]], [1]), ["| a | n |", "|---|---:|", "| x\\|y | 1 |"])

    def test_verdict(self):
        self.assertEqual(report.verdict(row("a", 1.0, 2.0)), "")
        self.assertEqual(report.verdict(row("a", 1.0, 1.2)), "1: 1.50 is wanted")
        bad = row("a", 1.0, 2.0)
        bad["threads"]["1"]["sardonyx"]["outputs"] = "'y' has another largest class"
        self.assertIn("wrong at 1 threads: 'y'", report.verdict(bad))
        self.assertEqual(len(report.wrong([bad])), 1)

    def test_refused(self):
        refused = row("a", None, 2.0)
        refused["threads"]["1"]["sardonyx"] = {"refused": "why"}
        self.assertEqual(report.wrong([refused]), [("a", "1", "why")])

    def test_summary(self):
        text = report.summary([row("a", 1.0, 4.0), row("b", 4.0, 1.0)], 1)
        self.assertEqual(text, "1 thread: geometric mean 1.00 over 2; slower than onnxruntime: b; short of what is wanted: 1")


class Machine(unittest.TestCase):
    quiet = {"load": 0, "foreign": 0.0, "pace": 1.0, "steady": 1.0, "together": 0.99, "read_gb_s": 10}

    def test_quiet(self):
        self.assertEqual(machine.complaints({"before": self.quiet, "after": self.quiet}), [])

    def test_not_quiet(self):
        loud = {**self.quiet, "foreign": 0.5, "together": 0.5, "pace": 0.7}
        self.assertEqual(len(machine.complaints({"before": self.quiet, "after": loud})), 3)


class Chart(unittest.TestCase):
    def test_axis(self):
        self.assertEqual(chart.axis([1.5, 3.0]), (1.0, 4.0))
        self.assertEqual(chart.axis([0.7]), (0.5, 2.0))

    def test_is_xml_with_a_bar_for_each_ratio(self):
        root = xml.etree.ElementTree.fromstring(chart.chart("a < b", "note", [("f & g", 2.0, None), ("h", 0.5, 1.5)]))
        bars = [r for r in root.iter("{http://www.w3.org/2000/svg}rect") if r.get("height") == str(chart.BAR) and float(r.get("x")) > chart.LEFT - 1]
        self.assertEqual(len(bars), 3 + 2)  # the legend has two
        widths = [float(r.get("width")) for r in bars if r.get("width") != "10"]
        self.assertAlmostEqual(widths[0], widths[1], places=1)  # twice and half as fast


@unittest.skipIf(np is None, "numpy is not there")
class Outputs(unittest.TestCase):
    def compare(self, b, a, tolerance=1e-3):
        return stats.compare_outputs([("y", np.array(b))], [("y", np.array(a))], tolerance)

    def test_floats_by_range(self):
        self.assertIsNone(self.compare([[100.0], [0.0]], [[100.05], [0.05]]))
        self.assertIn("of its range", self.compare([[100.0], [0.0]], [[100.0], [0.2]]))

    def test_distance(self):
        self.assertAlmostEqual(stats.distance([("y", np.array([4.0, 2.0]))], [("z", np.array([4.0, 1.0]))]), 0.25)

    def test_not_finite(self):
        self.assertIn("not finite", self.compare([1.0, 2.0], [1.0, np.nan]))
        self.assertIsNone(self.compare([1.0, np.inf], [1.0, np.inf]))

    def test_shape_and_integers(self):
        self.assertIn("shape", self.compare([1.0, 2.0], [1.0]))
        self.assertIn("differs in 1 of 2", self.compare([1, 2], [1, 3]))
        self.assertIsNone(self.compare([1, 2], [1, 3], 3e-2))

    def test_largest_class(self):
        self.assertIn("largest class", self.compare([[1.0, 0.9995, 0.0]], [[0.9997, 0.9998, 0.0]]))
        self.assertIsNone(self.compare([[1.0, 0.99999, 0.0]], [[0.99999, 1.0, 0.0]]))
        self.assertIsNone(self.compare([[1.0, 0.98, 0.0]], [[0.98, 1.0, 0.0]], 3e-2))


if __name__ == "__main__":
    unittest.main(verbosity=0)
