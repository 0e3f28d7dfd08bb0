"""nl.tile_size: sizes of the machine that the kernel is built for."""
from switchyard import _run
from switchyard._module import core


class _TileSize:
    """Hardware limits on tiles, from the catalog of the target."""

    @staticmethod
    def _limits():
        kernel = core.active()
        if kernel is None:
            kernel = core.Kernel(_run.Options.from_environment().target)
        return kernel.limits

    pmax = property(lambda self: self._limits()["partitions"])
    psum_num_banks = property(lambda self: self._limits()["psum_banks"])
    psum_bank_fmax_bytes = property(
        lambda self: self._limits()["psum_partition_bytes"] // self.psum_num_banks)
    psum_bank_fmax = property(lambda self: self.psum_bank_fmax_bytes // 4)
    psum_fmax = psum_bank_fmax
    gemm_stationary_fmax = property(lambda self: self._limits()["stationary_free_max"])
    # A product tile of float32 fills one PSUM bank, whatever else the generation could stream.
    gemm_moving_fmax = property(
        lambda self: min(self._limits()["moving_free_max"], self.psum_bank_fmax))
    bn_stats_fmax = property(lambda self: self._limits()["bn_stats_free_max"])
    psum_min_align = 4
    sbuf_min_align = 1
    sbuf_fmax_bytes = property(lambda self: self._limits()["sbuf_partition_bytes"])
    sbuf_fmax = property(lambda self: self.sbuf_fmax_bytes // 4)
    sbuf_size_bytes = property(lambda self: self.sbuf_fmax_bytes * self.pmax)
    total_available_sbuf_size = sbuf_fmax_bytes


tile_size = _TileSize()
