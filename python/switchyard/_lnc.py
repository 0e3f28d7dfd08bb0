"""The two cores of an LNC as two threads over one HBM.

Each core runs the kernel in a thread of its own. Only one runs at a time and they meet at barriers
and exchanges, so results do not depend on the host. HBM arguments are shared, and so are the
tensors that a dialect makes with share=True: the n-th of one core is the n-th of the other.
"""
import threading

from . import _run
from ._module import core

_shared = threading.local()  # .tensors, .next: of the core that runs in this thread


def share(kernel, make, tag, shape):
    """A tensor that both cores have: made by the first to ask, shared with the second."""
    tensors = getattr(_shared, "tensors", None)
    if tensors is None:
        return make()
    at = _shared.next
    _shared.next += 1
    if at < len(tensors):
        if tensors[at].shape != shape:
            raise core.ValidationError(
                f"{core.user_place()}: shared tensor {at} of this core is {list(shape)}, the other "
                f"core's is {list(tensors[at].shape)}, wanted the same in both")
        return kernel.shared_tensor(tensors[at], tag)
    view = make()
    tensors.append(view)
    return view


def rank():
    return getattr(_shared, "rank", 0)


def size():
    return getattr(_shared, "size", 1)


class _Cores(list):
    """The kernels of an LNC's cores; what they share lives as long, the schedule compares it."""
    shared = ()


def run_cores(function, args, kwargs, options, cores):
    """Returns (the result of core 0, [kernel of each core])."""
    pair = core.Pair()
    kernels = _Cores(core.Kernel(options.target, options.seed, options.wide)
                     for _ in range(cores))
    outcomes = [None] * cores
    errors = [None] * cores
    tensors, inputs = [], {}
    kernels.shared = (tensors, inputs)

    def work(number):
        _shared.rank, _shared.size, _shared.tensors, _shared.next = number, cores, tensors, 0
        kernel = kernels[number]
        kernel.join(pair, number)
        pair.start(number)
        try:
            outcomes[number] = _run.call(kernel, function, args, kwargs, options, inputs)
        except BaseException as error:  # handed to the caller's thread
            errors[number] = error
        finally:
            pair.finish(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    raised = [error for error in errors if error is not None]
    if raised:  # a core that waits in vain for one that failed is no cause
        raise min(raised, key=lambda error: "deadlock: the cores" in str(error))
    _run.finish(kernels[0], outcomes[0], options, kernels)
    return outcomes[0].result, kernels
