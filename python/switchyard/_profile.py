"""profile(kernel)(arrays) -> (result, profile): values and time of one run."""
import functools
import json
import sys
import time

from ._module import core


class _Progress:
    """A line on standard error once two seconds have passed, if it is a terminal."""

    def __init__(self, what):
        self.what = what
        self.start = time.monotonic()
        self.shown = False

    def __call__(self, share):
        if time.monotonic() - self.start < 2 or not sys.stderr.isatty():
            return
        self.shown = True
        print(f"\r\x1b[K{self.what}: {share:.0%}", end="", file=sys.stderr, flush=True)

    def end(self):
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def time_kernels(kernels, name, policy="list"):
    """The schedules of a kernel's cores: one, or the two of an LNC together."""
    progress = _Progress(f"scheduling {name}")
    try:
        return core.time_kernels(kernels, name, policy, progress)
    finally:
        progress.end()


class Profile:
    """Where the time of a kernel went, on one target."""

    def __init__(self, target, timed):
        self.target = target
        self._cores = timed  # one a core of the LNC
        self._timed = max(timed, key=lambda one: one.duration_ns.get("list", 0.0))

    @property
    def fault(self):
        """Why there is no time, or None: out of memory, for instance."""
        return next((one.fault for one in self._cores if one.fault), None)

    @property
    def duration_ns(self):
        """Nanoseconds by schedule: program, list (the estimate) and ideal. Of the slower core."""
        return {policy: max(one.duration_ns[policy] for one in self._cores)
                for policy in self._timed.duration_ns}

    def summary(self):
        """The counters, named as the vendor's profiler names them."""
        return self._timed.summary()

    @property
    def bound_by(self):
        return self._timed.bound_by

    @property
    def verdict(self):
        return self._timed.verdict

    @property
    def recommendations(self):
        return self._timed.recommendations

    @property
    def engines(self):
        return self._timed.engines

    def json(self):
        return json.loads(core.timed_json(self._cores))

    def write_trace(self, path):
        """For ui.perfetto.dev; a path that ends in .json gets the Chrome format."""
        core.write_trace(self._cores, str(path))

    def text(self, colour=False):
        return core.timed_text(self._cores, colour)

    def __repr__(self):
        if self.fault:
            return f"<Profile on {self.target}: {self.fault.splitlines()[0]}>"
        times = self.duration_ns
        return (f"<Profile on {self.target}: {times['list'] / 1e3:.2f} us "
                f"[{times['ideal'] / 1e3:.2f}, {times['program'] / 1e3:.2f}], "
                f"bound by {self.bound_by}>")


def profile(kernel, target=None, policy="list"):
    """A callable that runs `kernel` and returns (result, Profile)."""
    from nki import _kernel  # the dialect of today's kernels; neuronxcc's will come beside it

    @functools.wraps(getattr(kernel, "func", kernel))
    def run(*args, **kwargs):
        changes = {"target": target} if target else {}
        result, kernels = _kernel.run(kernel, args, kwargs, **changes)
        name = getattr(kernel, "__name__", "kernel")
        timed = time_kernels(kernels, name, policy)
        used = target or {2: "trn1", 3: "trn2", 4: "trn3"}[kernels[0].generation]
        return result, Profile(used, timed)
    return run
