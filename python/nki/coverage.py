"""What of the dialect is there, as the first part of docs/nki-coverage.md."""
from switchyard._module import core

from . import _kernel, collectives, isa, language
from .language import NkiTensor

HOW = ("./switchyard python -m nki.coverage > docs/nki-coverage.md && "
       "./switchyard python -m corpora DIR >> docs/nki-coverage.md")
# What differs from the pages; everything else does what they say.
PARTLY = {
    "nki.language.gather_flattened": "axis=0 only; the page does not say what others gather",
    "NkiTensor.view": "not with NKI_PRECISE_FP=0 of or to a type that is then held as float32",
}
# Works, and is good to know.
REMARKS = {
    "nki.jit": "there is no device: a call runs on the simulator, as nki.simulate does",
    "nki.isa.get_nc_sub_version": "0, the first revision",
    "nki.language.device_print": "prints at once, as in the vendor's simulation",
}
METHODS = ["__getitem__", "__setitem__", "ap", "broadcast", "expand_dim", "flatten_dims",
           "get_pattern", "indirect", "is_contiguous", "is_indirect", "permute", "rearrange",
           "reinterpret_cast", "reshape", "reshape_dim", "select", "slice", "squeeze_dim",
           "vector_select", "view"]


def rows():
    """(function, state, note), in order."""
    executes = {row["name"]: row["executes"] for row in core.instruction_table()}
    names = [("nki." + name, getattr(_kernel, name, None)) for name in ("jit", "simulate")]
    names += [("nki.isa." + name, getattr(isa, name)) for name in [*isa.INSTRUCTIONS, *isa.HOST]]
    names += [("nki.language." + name, getattr(language, name)) for name in language.FUNCTIONS]
    names += [("NkiTensor." + name, getattr(NkiTensor, name)) for name in METHODS]
    names += [("nki.collectives." + name, getattr(collectives, name))
              for name in collectives.__all__]
    out = []
    for name, value in names:
        short = name.rpartition(".")[2]
        if getattr(value, "not_yet", False) or (name.startswith("nki.isa.")
                                                and not executes.get(short, True)):
            out.append((name, "not yet", "raises an error that says so"))
        elif name in PARTLY:
            out.append((name, "partly", PARTLY[name]))
        else:
            out.append((name, "works", REMARKS.get(name, "")))
    return out


def table():
    """The page."""
    found = rows()
    count = {state: sum(row[1] == state for row in found)
             for state in ("works", "partly", "not yet")}
    lines = ["# Coverage of NKI 0.6", "",
             f"Made by `{HOW}` (DIR: below); a test keeps the first table current.", "",
             f"{count['works']} functions work, {count['partly']} partly, {count['not yet']} are "
             "not there yet.", "",
             "| function | state | remark |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {state} | {note} |" for name, state, note in found]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
