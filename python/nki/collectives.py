"""nki.collectives: communication between chips, which the simulator does not have yet."""
import dataclasses

_NAMES = ("all_reduce", "all_gather", "all_gather_v", "reduce_scatter", "all_to_all",
          "all_to_all_v", "collective_permute", "collective_permute_implicit",
          "collective_permute_implicit_reduce",
          "collective_permute_implicit_current_processing_rank_id", "rank_id")


@dataclasses.dataclass
class ReplicaGroup:
    """Groups of ranks that communicate."""
    groups: list


def _not_yet(name):
    def function(*_args, **_kwargs):
        raise NotImplementedError(f"nki.collectives.{name} is not there yet: the simulator has one "
                                  "chip; kernel[2] with nisa.sendrecv covers the two cores of an "
                                  "LNC")
    function.__name__ = name
    function.not_yet = True
    return function


for _name in _NAMES:
    globals()[_name] = _not_yet(_name)

__all__ = [*_NAMES, "ReplicaGroup"]
