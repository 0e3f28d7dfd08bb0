#include "isa/test_twins.h"

namespace switchyard::isa {
namespace {

TEST(Rules, OfDmaCopy) {
  constexpr Twin kTwins[] = {
      {"v2", "dma_copy dst=f src=ab", "v2", "dma_copy dst=f src=ab[0 + 512*127 + 1*512]",
       "src (ab) has 65024 elements; wanted 65536, as dst has"},
      {"v2", "dma_copy dst=a src=f", "v2", "dma_copy dst=a src=p",
       "src (p) is in psum; wanted hbm or sbuf - copy it to sbuf with tensor_copy first"},
      {"v2", "dma_copy dst=f[3:20, 0 + 1*512] src=a[0 + 512*17 + 1*512]", "v2",
       "tensor_copy dst=f[3:20, 0 + 1*512] src=g[0:17, 0 + 1*512]",
       "dst (f) starts at partition 3 with 17 partitions"},
      {"v4", "dma_copy dst=f src=a priority=3", "v4", "dma_copy dst=f src=a priority=4",
       "priority is 4; wanted 0 to 3"},
      {"v4", "dma_copy dst=f src=a priority=0", "v3", "dma_copy dst=f src=a priority=0",
       "priority on NeuronCore-v3; wanted NeuronCore-v4 or newer"},
      {"v3", "dma_copy dst=f src=a dge_mode=hwdge", "v2", "dma_copy dst=f src=a dge_mode=hwdge",
       "dge_mode hwdge on NeuronCore-v2; wanted NeuronCore-v3 or newer"},
      {"v3", "dma_copy dst=f src=a dge_mode=hwdge", "v3", "dma_copy dst=b src=a dge_mode=hwdge",
       "dst (b) is bfloat16; wanted float32, the type of src - hwdge does not convert"},
      {"v3", "scalar.dma_copy dst=f src=a dge_mode=hwdge", "v3",
       "vector.dma_copy dst=f src=a dge_mode=hwdge",
       "runs on the vector engine; wanted sync or scalar - hwdge is driven from these"},
      {"v3", "gpsimd.dma_copy dst=f src=a dge_mode=swdge", "v3",
       "sync.dma_copy dst=f src=a dge_mode=swdge",
       "wanted gpsimd - swdge descriptors are made there"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfIndirectDmaCopy) {
  constexpr Twin kTwins[] = {
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "oob_mode=skip $0=idx[0:64, 0 + 1*1]",
       "v3", "dma_copy dst=f src=a oob_mode=skip", "oob_mode is skip; wanted error"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "v2",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "a gather or scatter by DMA on NeuronCore-v2"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "dge_mode=swdge $0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "dge_mode=hwdge $0=idx[0:64, 0 + 1*1]",
       "dge_mode is hwdge with a vector of offsets; wanted unknown or swdge"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "src (a) has an index of shape [32, 1]; wanted [64, 1], one for each step of dim 0"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 129] "
       "$0=idx[0:64, 0 + 1*1]",
       "src (a) reaches elements 0 to 66047 as float32; wanted 0 to 65535"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_copy dst=a[0 + 512*64 + 1*512] src=f[0:64, 0 + 1*512 + vector($0)*1 below 1] "
       "$0=idx[0:64, 0 + 1*1]",
       "src (f) is in sbuf and has a vector of offsets; wanted hbm"},
      {"v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_copy dst=f[0:64, 0 + 1*512] src=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "$0=idx[0:64, 0 + 1*1] as float32",
       "indirect_index (idx) is float32; wanted int32 or uint32"},
      {"v2", "dma_copy dst=f[0:1, 0 + 1*8] src=a[0 + 1*8 + register(r)*512 below 128]", "v2",
       "dma_copy dst=f[0:1, 0 + 1*8] src=a[0 + 1*8 + register(r)*512 below 0]",
       "src (a) has indices below 0; wanted a limit of 1 or more"},
      {"v2",
       "dma_copy dst=f[0:1, 0 + 1*8] src=a[0 + 1*8 + scalar($0)*512 below 128] "
       "$0=idx[0:1, 3]",
       "v2",
       "dma_copy dst=f[0:1, 0 + 1*8] src=a[0 + 1*8 + scalar($0)*512 below 128] "
       "$0=idx[0:1, 0 + 1*2]",
       "src (a) has an index of shape [1, 2]; wanted one value, [1, 1]"},
      {"v2", "dma_copy dst=f src=a", "v2", "dma_copy dst=f src=a $0=idx",
       "indirect_index (idx) is not used by an access"},
      {"v2", "dma_copy dst=x src=x", "v2", "dma_copy dst=x src=f", "packed types are copied"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfDmaTranspose) {
  constexpr Twin kTwins[] = {
      {"v2", "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64]", "v2",
       "dma_transpose dst=b[0:64, 0 + 1*127] src=ab[0 + 512*128 + 1*64]",
       "dst (b) has shape [64, 127]; wanted [64, 128], src [128, 64] transposed"},
      {"v2", "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64] axes=[1, 0]", "v2",
       "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64] axes=[0, 1]",
       "axes is [0, 1]; wanted [1, 0]"},
      {"v2", "dma_transpose dst=b[0:64, 0 + 32*4 + 16*8 + 1*16] src=h4", "v2",
       "dma_transpose dst=b[0:64, 0 + 32*8 + 16*4 + 1*16] src=h4",
       "dst (b) has shape [64, 8, 4, 16]; wanted [64, 4, 8, 16], src [16, 4, 8, 64] transposed"},
      {"v2", "dma_transpose dst=b[0:8, 0 + 1*16] src=h[0:16, 0 + 1*8] as bfloat16", "v2",
       "dma_transpose dst=b[0:8, 0 + 1*16] src=h[0:16, 0 + 1*8]",
       "dst (b) is bfloat16; wanted float16, the type of src"},
      {"v2", "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64]", "v2",
       "dma_transpose dst=ab[0 + 1*64 + 64*128] src=ab[0 + 512*128 + 1*64]",
       "dst (ab) is in hbm; wanted sbuf"},
      {"v2", "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64] dge_mode=unknown",
       "v2", "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64] dge_mode=swdge",
       "dge_mode is swdge; wanted unknown or hwdge"},
      {"v3", "dma_transpose dst=b[0:128, 0 + 1*16] src=ab[0 + 512*16 + 1*128] dge_mode=hwdge", "v3",
       "dma_transpose dst=b[0:128, 0 + 1*8] src=ab[0 + 512*8 + 1*128] dge_mode=hwdge",
       "src (ab) has a first dim of 8; wanted 16 for hwdge in two dims"},
      {"v3",
       "dma_transpose dst=b[0:128, 0 + 8*4 + 1*8] src=ab[0 + 512*8 + 128*4 + 1*128] "
       "dge_mode=hwdge",
       "v3",
       "dma_transpose dst=b[0:128, 0 + 6*4 + 1*6] src=ab[0 + 512*6 + 128*4 + 1*128] "
       "dge_mode=hwdge",
       "src (ab) has a first dim of 6; wanted 1, 2, 4, 8 or 16 for hwdge"},
      {"v3",
       "dma_transpose dst=b[0:128, 0 + 8*4 + 1*8] src=ab[0 + 512*8 + 128*4 + 1*128] "
       "dge_mode=hwdge",
       "v3",
       "dma_transpose dst=b[0:128, 0 + 4*3 + 1*4] src=ab[0 + 512*4 + 128*3 + 1*128] "
       "dge_mode=hwdge",
       "first and last but one dim that multiply to a multiple of 16"},
      {"v3", "dma_transpose dst=b[0:128, 0 + 1*16] src=ab[0 + 512*16 + 1*128] dge_mode=hwdge", "v3",
       "dma_transpose dst=f[0:128, 0 + 1*16] src=a[0 + 512*16 + 1*128] dge_mode=hwdge",
       "src (a) is float32; wanted a type of 2 bytes"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfGatheringDmaTranspose) {
  constexpr Twin kTwins[] = {
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "v2",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "a gather or scatter by DMA on NeuronCore-v2"},
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*256] src=ab[0 + 512*256 + 1*64 + vector($0)*512 below "
       "128] $0=idx[0:128, 0 + 1*2]",
       "v3",
       "dma_transpose dst=b[0:64, 0 + 1*128] src=ab[0 + 512*128 + 1*64 + vector($0)*512 below "
       "128] $0=idx[0:64, 0 + 1*2]",
       "has 64 partitions and 2 columns; wanted 128 partitions for more than one column"},
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "v3",
       "dma_transpose dst=b[0:64, 0 + 1*24] src=ab[0 + 512*24 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "src (ab) has a first dim of 24; wanted a multiple of 16"},
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:16, 0 + 1*1]",
       "has 16 indices; wanted at least 32, the first dim of src"},
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1] as int32",
       "indirect_index (idx) is int32; wanted uint32"},
      {"v3",
       "dma_transpose dst=b[0:64, 0 + 1*32] src=ab[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "v3",
       "dma_transpose dst=f[0:64, 0 + 1*32] src=a[0 + 512*32 + 1*64 + vector($0)*512 below 128] "
       "$0=idx[0:32, 0 + 1*1]",
       "src (a) is float32; wanted a type of 2 bytes"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfDmaCompute) {
  constexpr Twin kTwins[] = {
      {"v2", "dma_compute dst=f srcs=a srcs=b reduce_op=add", "v2",
       "dma_compute dst=f srcs=a srcs=b reduce_op=maximum", "reduce_op is maximum; wanted add"},
      {"v2", "dma_compute dst=f srcs=a srcs=b reduce_op=add scales=[1, 1]", "v2",
       "dma_compute dst=f srcs=a srcs=b reduce_op=add scales=[1]",
       "scales has 1 values; wanted 2, one a source"},
      {"v2", "dma_compute dst=f srcs=a srcs=b reduce_op=add scales=[1, 1]", "v2",
       "dma_compute dst=f srcs=a srcs=b reduce_op=add scales=[1, 0.5]",
       "scales holds 0.5; wanted 1.0 for every source"},
      {"v2",
       "dma_compute dst=f srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a "
       "srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a reduce_op=add",
       "v2",
       "dma_compute dst=f srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a "
       "srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a srcs=a reduce_op=add",
       "has 17 srcs; wanted at most 16"},
      {"v2", "dma_compute dst=f srcs=a reduce_op=add", "v2", "dma_compute dst=f reduce_op=add",
       "srcs is missing; wanted a tensor"},
      {"v2", "dma_compute dst=f srcs=a srcs=b reduce_op=add", "v2",
       "dma_compute dst=f srcs=a srcs=b[0:128, 0 + 1*511] reduce_op=add",
       "srcs (b) has 65408 elements; wanted 65536, as dst has"},
      {"v2", "dma_compute dst=f srcs=a srcs=b reduce_op=add", "v2",
       "dma_compute dst=f[0:1, 0 + 1*8] srcs=a[0 + 1*8 + register(r)*8 below 9] reduce_op=add",
       "srcs (a) has a start that is known at run time only"},
      {"v3",
       "dma_compute dst=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "srcs=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] srcs=f[0:64, 0 + 1*512] "
       "reduce_op=add $0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_compute dst=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] "
       "srcs=g[0:64, 0 + 1*512] srcs=f[0:64, 0 + 1*512] reduce_op=add $0=idx[0:64, 0 + 1*1]",
       "has srcs that do not fit a read-modify-write"},
      {"v3",
       "dma_compute dst=f[0:64, 0 + 1*512] srcs=f[0:64, 0 + 1*512] "
       "srcs=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] reduce_op=add "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_compute dst=f[0:64, 0 + 1*512] srcs=f[0:64, 0 + 1*512] "
       "srcs=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] reduce_op=add "
       "unique_indices=false $0=idx[0:64, 0 + 1*1]",
       "unique_indices is false; wanted true"},
      {"v3",
       "dma_compute dst=f[0:64, 0 + 1*512] srcs=f[0:64, 0 + 1*512] "
       "srcs=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] reduce_op=add oob_mode=skip "
       "$0=idx[0:64, 0 + 1*1]",
       "v3",
       "dma_compute dst=f[0:64, 0 + 1*512] "
       "srcs=a[0 + 512*64 + 1*512 + vector($0)*512 below 128] reduce_op=add "
       "$0=idx[0:64, 0 + 1*1]",
       "has 1 srcs with a vector of offsets; wanted 2"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfThePairOfCores) {
  constexpr Twin kTwins[] = {
      {"v3", "sendrecv dst=f src=g send_to_rank=1 recv_from_rank=1 pipe_id=0", "v2",
       "sendrecv dst=f src=g send_to_rank=1 recv_from_rank=1 pipe_id=0", "is not available on"},
      {"v3", "sendrecv dst=f src=g send_to_rank=0 recv_from_rank=1 pipe_id=0", "v3",
       "sendrecv dst=f src=g send_to_rank=2 recv_from_rank=1 pipe_id=0",
       "send_to_rank is 2; wanted 0 to 1"},
      {"v3", "sendrecv dst=f src=g send_to_rank=0 recv_from_rank=1 pipe_id=0", "v3",
       "sendrecv dst=f src=a send_to_rank=0 recv_from_rank=1 pipe_id=0",
       "src (a) is in hbm; wanted sbuf"},
      {"v3", "sendrecv dst=f src=g send_to_rank=0 recv_from_rank=1 pipe_id=0", "v3",
       "sendrecv dst=b src=g send_to_rank=0 recv_from_rank=1 pipe_id=0", "dst (b) is bfloat16"},
      {"v3",
       "sendrecv dst=b[0:128, 0 + 1*256] src=b[0:128, 256 + 1*256] send_to_rank=0 "
       "recv_from_rank=1 pipe_id=0 dma_engine=gpsimd_dma",
       "v3",
       "sendrecv dst=b[0:128, 0 + 1*257] src=b[0:128, 255 + 1*257] send_to_rank=0 "
       "recv_from_rank=1 pipe_id=0 dma_engine=gpsimd_dma",
       "src (b) has 514 bytes a partition; wanted at most 512 of bfloat16 through gpsimd_dma"},
      {"v3",
       "gpsimd.sendrecv dst=v src=v send_to_rank=0 recv_from_rank=1 pipe_id=0 "
       "dma_engine=gpsimd_dma",
       "v3",
       "sync.sendrecv dst=v src=v send_to_rank=0 recv_from_rank=1 pipe_id=0 "
       "dma_engine=gpsimd_dma",
       "runs on the sync engine; wanted gpsimd - gpsimd_dma is started there"},
      {"v3", "core_barrier data=a cores=[0, 1]", "v3", "core_barrier data=a cores=[0, 2]",
       "cores is [0, 2]; wanted [0, 1]"},
      {"v3", "core_barrier data=a cores=[0, 1]", "v3", "core_barrier data=f cores=[0, 1]",
       "data (f) is in sbuf; wanted hbm, which the cores share"},
      {"v3", "core_barrier data=a cores=[0, 1]", "v2", "core_barrier data=a cores=[0, 1]",
       "is not available on NeuronCore-v2"},
  };
  expect_twins(kTwins);
}

}  // namespace
}  // namespace switchyard::isa
