"""Finds the extension module: on the path, else in a build directory of this checkout."""
import importlib
import pathlib
import sys


def load():
    try:
        return importlib.import_module("_switchyard")
    except ImportError:
        pass
    root = pathlib.Path(__file__).resolve().parents[2]
    built = sorted(root.glob("build/*/python/_switchyard*.so"), key=lambda p: p.stat().st_mtime)
    if not built:
        raise ImportError(
            "the module _switchyard is not built: run `./switchyard python SCRIPT` once, or\n"
            "  cmake -S . -B build/python -DSWITCHYARD_PYTHON=ON && cmake --build build/python")
    sys.path.append(str(built[-1].parent))
    return importlib.import_module("_switchyard")


core = load()
core.set_internal_folders([str(pathlib.Path(__file__).resolve().parents[1] / package) + "/"
                           for package in ("nki", "switchyard", "neuronxcc")])
