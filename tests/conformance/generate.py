#!/usr/bin/env python3
"""Writes the test cases of the installed onnx package: KIND/NAME/model.onnx with test_data_set_0/{input,output}_K.pb.

Node cases are computed by the package; the others (simple, pytorch-*) lie in it as files.

usage: generate.py OUTDIR      needs onnx and numpy
"""
import os
import shutil
import sys

import numpy as np
import onnx.backend.test
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def serialize(value, info):
    """The proto that the declared type asks for, as bytes."""
    if hasattr(value, "SerializeToString"):
        return value.SerializeToString()
    write = {
        "sequence_type": numpy_helper.from_list,
        "map_type": numpy_helper.from_dict,
        "optional_type": numpy_helper.from_optional,
    }.get(info.type.WhichOneof("value"), lambda array, name: numpy_helper.from_array(np.asarray(array), name))
    return write(value, info.name).SerializeToString()


def write_values(folder, prefix, values, infos):
    for index, (value, info) in enumerate(zip(values, infos)):
        with open(os.path.join(folder, f"{prefix}_{index}.pb"), "wb") as f:
            f.write(serialize(value, info))


def write_case(out, case):
    folder = os.path.join(out, "node", case.name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.onnx"), "wb") as f:
        f.write(case.model.SerializeToString())
    for index, (inputs, outputs) in enumerate(case.data_sets):
        data = os.path.join(folder, f"test_data_set_{index}")
        os.makedirs(data, exist_ok=True)
        write_values(data, "input", inputs, case.model.graph.input)
        write_values(data, "output", outputs, case.model.graph.output)


def main(out):
    written, failed = 0, []
    for case in collect_testcases(None):
        if case.kind != "node" or case.model is None:
            continue
        try:
            write_case(out, case)
            written += 1
        except (TypeError, ValueError) as error:  # values that this release of onnx cannot write itself
            failed.append(f"{case.name}: {error}")
    data = os.path.join(os.path.dirname(onnx.backend.test.__file__), "data")
    for kind in ("simple", "pytorch-converted", "pytorch-operator"):
        if os.path.isdir(os.path.join(data, kind)):
            shutil.copytree(os.path.join(data, kind), os.path.join(out, kind), dirs_exist_ok=True)
    print(f"{written} node cases written to {out}", *failed, sep="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
