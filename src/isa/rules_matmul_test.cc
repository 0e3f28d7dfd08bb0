#include "isa/test_twins.h"

namespace switchyard::isa {
namespace {

TEST(Rules, OfMatmulSizes) {
  constexpr Twin kTwins[] = {
      {"v2", "nc_matmul dst=p stationary=b[0:128, 0 + 1*128] moving=h", "v2",
       "nc_matmul dst=p[0:128, 0 + 1*512] stationary=b[0:128, 0 + 1*129] moving=h",
       "stationary (b) has a free size of 129; wanted at most 128"},
      {"v2", "nc_matmul dst=p stationary=b[0:64, 0 + 1*128] moving=h[0:64, 0 + 1*512]", "v2",
       "nc_matmul dst=p stationary=b[0:64, 0 + 1*128] moving=h",
       "moving (h) has 128 partitions; wanted 64, as stationary has"},
      {"v3",
       "nc_matmul dst=pw[0:128, 0 + 1*512] stationary=b[0:128, 0 + 1*128] "
       "moving=w[0:128, 0 + 1*512]",
       "v3",
       "nc_matmul dst=pw[0:128, 0 + 0*513] stationary=b[0:128, 0 + 1*128] "
       "moving=w[0:128, 0 + 1*513]",
       "moving (w) has a free size of 513; wanted at most 512 for a float32 dst"},
      {"v4", "nc_matmul dst=pw stationary=b[0:128, 0 + 1*128] moving=w[0:128, 0 + 1*4096]", "v4",
       "nc_matmul dst=pw[0:128, 0 + 0*4097] stationary=b[0:128, 0 + 1*128] "
       "moving=w[0:128, 0 + 1*4097]",
       "moving (w) has a free size of 4097; wanted at most 4096 for a float32 dst"},
      {"v4", "nc_matmul dst=pbw stationary=b[0:128, 0 + 1*128] moving=w[0:128, 0 + 1*8192]", "v4",
       "nc_matmul dst=pbw[0:128, 0 + 0*8193] stationary=b[0:128, 0 + 1*128] "
       "moving=w[0:128, 0 + 1*8193]",
       "at most 8192 for a bfloat16 dst"},
      {"v2", "nc_matmul dst=p[0:64, 0 + 1*512] stationary=b[0:128, 0 + 1*64] moving=h", "v2",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:128, 0 + 1*64] moving=h",
       "dst (p) has 32 partitions; wanted 64, the free size of stationary"},
      {"v2",
       "nc_matmul dst=p[0:128, 0 + 1*100] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*100]",
       "v2",
       "nc_matmul dst=p[0:128, 0 + 1*100] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*101]",
       "dst (p) has 100 elements a partition; wanted 101, the free size of moving"},
      {"v3", "nc_matmul dst=pw[0:128, 512 + 1*512] stationary=b[0:128, 0 + 1*128] moving=h", "v3",
       "nc_matmul dst=pw[0:128, 511 + 1*512] stationary=b[0:128, 0 + 1*128] moving=h",
       "dst (pw) lies in psum bytes 2044 to 4091; wanted one bank of 2048 bytes"},
      {"v4", "nc_matmul dst=pw[0:128, 511 + 1*512] stationary=b[0:128, 0 + 1*128] moving=h", "v3",
       "nc_matmul dst=pw[0:128, 511 + 1*512] stationary=b[0:128, 0 + 1*128] moving=h",
       "one bank of 2048 bytes"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfMatmulTypesAndMemories) {
  constexpr Twin kTwins[] = {
      {"v2", "nc_matmul dst=p stationary=b[0:128, 0 + 1*128] moving=e", "v2",
       "nc_matmul dst=p stationary=b[0:128, 0 + 1*128] moving=i", "moving (i) is int32"},
      {"v2", "nc_matmul dst=p stationary=f[0:128, 0 + 1*128] moving=t", "v2",
       "nc_matmul dst=p stationary=f[0:128, 0 + 1*128] moving=b",
       "moving (b) is bfloat16; wanted float32 or tfloat32 beside a float32 stationary"},
      {"v4", "nc_matmul dst=p stationary=en[0:128, 0 + 1*128] moving=e5", "v3",
       "nc_matmul dst=p stationary=en[0:128, 0 + 1*128] moving=e5",
       "stationary (en) is float8_e4m3fn"},
      {"v4", "nc_matmul dst=p stationary=en[0:128, 0 + 1*128] moving=en", "v4",
       "nc_matmul dst=p stationary=en[0:128, 0 + 1*128] moving=e",
       "moving (e) is float8_e4m3; wanted not that beside a float8_e4m3fn stationary"},
      {"v4", "nc_matmul dst=pb stationary=b[0:128, 0 + 1*128] moving=h", "v3",
       "nc_matmul dst=pb stationary=b[0:128, 0 + 1*128] moving=h",
       "dst (pb) is bfloat16; wanted float32"},
      {"v3", "nc_matmul dst=pb stationary=b[0:128, 0 + 1*128] moving=b is_transpose=true", "v2",
       "nc_matmul dst=pb stationary=b[0:128, 0 + 1*128] moving=b is_transpose=true",
       "dst (pb) is bfloat16; wanted float32"},
      {"v3", "nc_matmul dst=pb stationary=e[0:128, 0 + 1*128] moving=e is_transpose=true", "v2",
       "nc_matmul dst=pb stationary=e[0:128, 0 + 1*128] moving=e is_transpose=true",
       "dst (pb) is bfloat16; wanted float32"},
      {"v2", "nc_matmul dst=p stationary=b[0:128, 0 + 1*128] moving=h", "v2",
       "nc_matmul dst=f stationary=b[0:128, 0 + 1*128] moving=h",
       "dst (f) is in sbuf; wanted psum - the Tensor engine writes to psum"},
      {"v2", "nc_matmul dst=p stationary=f[0:128, 0 + 1*128] moving=g", "v2",
       "nc_matmul dst=p stationary=f[0:128, 0 + 1*128] moving=q",
       "moving (q) is in psum; wanted sbuf"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfMatmulTiles) {
  constexpr Twin kTwins[] = {
      {"v2",
       "nc_matmul dst=p[0:64, 0 + 1*512] stationary=b[0:64, 0 + 1*64] moving=h[0:64, 0 + 1*512] "
       "tile_position=[64, 0] tile_size=[64, 64]",
       "v2",
       "nc_matmul dst=p[0:64, 0 + 1*512] stationary=b[0:64, 0 + 1*64] moving=h[0:64, 0 + 1*512] "
       "tile_position=[64, 0]",
       "has 2 values of tile_position and 0 of tile_size; wanted two of each"},
      {"v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[96, 32] tile_size=[32, 32]",
       "v2",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[96, 32] tile_size=[32, 32]",
       "tile_size has 32 rows; wanted 128 or 64"},
      {"v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[96, 0] tile_size=[32, 128]",
       "v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[96, 0] tile_size=[48, 128]",
       "tile_size has 48 rows; wanted 128, 64 or 32"},
      {"v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[64, 0] tile_size=[64, 128]",
       "v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:32, 0 + 1*32] moving=h[0:32, 0 + 1*512] "
       "tile_position=[32, 0] tile_size=[64, 128]",
       "tile_position starts at row 32; wanted a multiple of 64 with the tile inside 128"},
      {"v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:64, 0 + 1*32] moving=h[0:64, 0 + 1*512] "
       "tile_position=[0, 0] tile_size=[64, 128]",
       "v3",
       "nc_matmul dst=p[0:32, 0 + 1*512] stationary=b[0:96, 0 + 1*32] moving=h[0:96, 0 + 1*512] "
       "tile_position=[0, 0] tile_size=[64, 128]",
       "stationary (b) has 96 partitions; wanted at most 64, the rows of the tile"},
      {"v3",
       "nc_matmul dst=p[0:64, 0 + 1*512] stationary=b[0:64, 0 + 1*64] moving=h[0:64, 0 + 1*512] "
       "tile_position=[0, 0] tile_size=[64, 64]",
       "v3",
       "nc_matmul dst=p[0:65, 0 + 1*512] stationary=b[0:64, 0 + 1*65] moving=h[0:64, 0 + 1*512] "
       "tile_position=[0, 0] tile_size=[64, 64]",
       "stationary (b) has a free size of 65; wanted at most 64"},
      {"v3",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*128] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "v3",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=e[0:128, 0 + 1*128] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "stationary (e) has a first free dim of 128; wanted 2 with perf_mode double_row"},
      {"v3",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*128] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "v2",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*128] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "perf_mode double_row on NeuronCore-v2; wanted NeuronCore-v3 or newer"},
      {"v3",
       "nc_matmul dst=p[0:64, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*64] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] tile_position=[0, 0] tile_size=[128, 128] "
       "perf_mode=double_row",
       "v3",
       "nc_matmul dst=p[0:64, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*64] "
       "moving=e5[0:128, 0 + 256*2 + 1*256] tile_position=[0, 0] tile_size=[128, 64] "
       "perf_mode=double_row",
       "tile_size has 64 columns; wanted 128 with perf_mode double_row"},
      {"v3",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=e[0:128, 0 + 128*2 + 1*128] "
       "moving=e[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "v3",
       "nc_matmul dst=p[0:128, 0 + 1*256] stationary=b[0:128, 0 + 128*2 + 1*128] "
       "moving=b[0:128, 0 + 256*2 + 1*256] perf_mode=double_row",
       "stationary (b) is bfloat16; wanted float8_e4m3 or float8_e5m2"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfMatmulIndirection) {
  constexpr Twin kTwins[] = {
      {"v4",
       "nc_matmul dst=p[0:128, 0 + 1*64] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*64 + gather($0)*1 below 512] $0=idx",
       "v4",
       "nc_matmul dst=p[0:128, 0 + 1*64] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*64 + gather($0)*1 below 512] is_transpose=true $0=idx",
       "moving (h) has tensor indirection; wanted a plain pattern with is_transpose"},
      {"v4",
       "nc_matmul dst=p[0:128, 0 + 1*64] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*64 + gather($0)*1 below 512] $0=idx",
       "v4",
       "nc_matmul dst=p[0:128, 0 + 1*64] stationary=f[0:128, 0 + 1*128] "
       "moving=t[0:128, 0 + 1*64 + gather($0)*1 below 512] $0=idx",
       "moving (t) is tfloat32"},
      {"v4",
       "nc_matmul dst=p[0:64, 0 + 1*64] stationary=b[0:64, 0 + 1*64] "
       "moving=h[0:64, 0 + 1*64 + gather($0)*1 below 512] tile_position=[0, 0] "
       "tile_size=[64, 128] $0=idx[0:64, 0 + 1*4]",
       "v4",
       "nc_matmul dst=p[0:64, 0 + 1*64] stationary=b[0:64, 0 + 1*64] "
       "moving=h[0:64, 0 + 1*64 + gather($0)*1 below 512] tile_position=[64, 0] "
       "tile_size=[64, 128] $0=idx[0:64, 0 + 1*4]",
       "tile_position is set with tensor indirection; wanted (0, 0) or none"},
      {"v4",
       "nc_matmul dst=p[0:128, 0 + 1*128] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*128 + gather($0)*1 below 512] $0=idx",
       "v4",
       "nc_matmul dst=p[0:128, 0 + 1*129] stationary=b[0:128, 0 + 1*128] "
       "moving=h[0:128, 0 + 1*129 + gather($0)*1 below 512] $0=idx",
       "moving (h) has 129 elements a partition; wanted at most 128, the offsets in its index"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfMatmulMx) {
  constexpr Twin kTwins[] = {
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc",
       "v3",
       "nc_matmul_mx dst=p stationary=x[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc",
       "is not available on NeuronCore-v3; wanted NeuronCore-v4 or newer"},
      {"v4",
       "nc_matmul_mx dst=pb[0:2, 0 + 1*512] stationary=x2[0:32, 0 + 1*2] moving=x[0:32, 0 + 1*512] "
       "stationary_scale=m[0:4, 0 + 1*2] moving_scale=m[0:4, 0 + 1*512]",
       "v4",
       "nc_matmul_mx dst=pb[0:3, 0 + 1*512] stationary=x2[0:32, 0 + 1*3] moving=x[0:32, 0 + 1*512] "
       "stationary_scale=m[0:4, 0 + 1*3] moving_scale=m[0:4, 0 + 1*512]",
       "stationary (x2) has a free size of 3; wanted an even one"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:96, 0 + 1*128] moving=x5[0:96, 0 + 1*512] "
       "stationary_scale=m[0:68, 0 + 1*128] moving_scale=m[0:96, 0 + 1*512]",
       "v4",
       "nc_matmul_mx dst=p stationary=x[0:80, 0 + 1*128] moving=x5[0:80, 0 + 1*512] "
       "stationary_scale=m[0:68, 0 + 1*128] moving_scale=m[0:80, 0 + 1*512]",
       "stationary (x) has 80 partitions; wanted a multiple of 32"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:64, 0 + 1*128] moving=x5[0:64, 0 + 1*512] "
       "stationary_scale=m[4:40, 0 + 1*128] moving_scale=m[12:48, 0 + 1*512]",
       "v4",
       "nc_matmul_mx dst=p stationary=x[0:64, 0 + 1*128] moving=x5[0:64, 0 + 1*512] "
       "stationary_scale=m[4:39, 0 + 1*128] moving_scale=m[12:48, 0 + 1*512]",
       "stationary_scale (m) has 35 partitions; wanted 36 to 64 for 64 of stationary"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:64, 0 + 1*128] moving=x5[0:64, 0 + 1*512] "
       "stationary_scale=m[8:44, 0 + 1*128] moving_scale=m[12:48, 0 + 1*512]",
       "v4",
       "nc_matmul_mx dst=p stationary=x[0:64, 0 + 1*128] moving=x5[0:64, 0 + 1*512] "
       "stationary_scale=m[16:52, 0 + 1*128] moving_scale=m[12:48, 0 + 1*512]",
       "stationary_scale (m) starts at partition 16; wanted a start 0, 4, 8 or 12 partitions"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:32, 0 + 1*128] moving=x5[0:32, 0 + 1*512] "
       "stationary_scale=m[0:4, 0 + 1*128] moving_scale=m[0:4, 0 + 1*512] "
       "tile_position=[96, 0] tile_size=[32, 128]",
       "v4",
       "nc_matmul_mx dst=p[0:64, 0 + 1*512] stationary=x[0:32, 0 + 1*64] moving=x5[0:32, 0 + "
       "1*512] "
       "stationary_scale=m[0:4, 0 + 1*64] moving_scale=m[0:4, 0 + 1*512] "
       "tile_position=[96, 0] tile_size=[32, 64]",
       "tile_size has 64 columns; wanted 128: the columns are not tiled"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc",
       "v4",
       "nc_matmul_mx dst=p stationary=b[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc",
       "stationary (b) is bfloat16; wanted float8_e4m3fn_x4, float8_e5m2_x4 or float4_e2m1fn_x4"},
      {"v4",
       "nc_matmul_mx dst=p stationary=x[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc",
       "v4",
       "nc_matmul_mx dst=p stationary=x[0:128, 0 + 1*128] moving=x5 "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=c",
       "moving_scale (c) is int8; wanted float8_e8m0fnu or uint8"},
      {"v4",
       "nc_matmul_mx dst=p[0:128, 0 + 1*64] stationary=x[0:128, 0 + 1*128] "
       "moving=x5[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "stationary_scale=m[0:128, 0 + 1*128] "
       "moving_scale=uc[0:128, 0 + 1*64 + gather($0)*1 below 512] $0=idx",
       "v4",
       "nc_matmul_mx dst=p[0:128, 0 + 1*64] stationary=x[0:128, 0 + 1*128] "
       "moving=x5[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "stationary_scale=m[0:128, 0 + 1*128] moving_scale=uc[0:128, 0 + 1*64] $0=idx",
       "moving_scale (uc) has a plain pattern; wanted the same as moving"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfTransposeAndQuantize) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor.nc_transpose dst=p[0:128, 0 + 1*128] data=f[0:128, 0 + 1*128]", "v2",
       "vector.nc_transpose dst=p[0:128, 0 + 1*128] data=f[0:128, 0 + 1*128]",
       "data (f) is [128, 128] from sbuf to psum; wanted up to [128, 128] from sbuf to psum on the "
       "tensor engine, or up to [32, 32]"},
      {"v2", "vector.nc_transpose dst=f[0:32, 0 + 1*32] data=p[0:32, 0 + 1*32]", "v2",
       "vector.nc_transpose dst=f[0:33, 0 + 1*32] data=p[0:32, 0 + 1*33]", "is [32, 33] from psum"},
      {"v2", "nc_transpose dst=f[0:16, 0 + 1*32] data=g[0:32, 0 + 1*4 + 1*4]", "v2",
       "nc_transpose dst=f[0:16, 0 + 1*31] data=g[0:32, 0 + 1*4 + 1*4]",
       "dst (f) has 31 elements a partition; wanted 32, the partitions of data"},
      {"v2", "nc_transpose dst=f[0:32, 0 + 1*32] data=g[0:32, 0 + 1*32]", "v2",
       "nc_transpose dst=b[0:32, 0 + 1*32] data=g[0:32, 0 + 1*32]",
       "dst (b) is bfloat16; wanted float32, the type of data"},
      {"v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[0:64, 0 + 1*128]",
       "v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=f[0:64, 0 + 1*512] dst_scale=m[0:64, 0 + 1*128]",
       "src (f) is float32; wanted bfloat16 or float16"},
      {"v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[0:64, 0 + 1*128]",
       "v4",
       "quantize_mx dst=x[0:64, 0 + 1*127] src=b[0:64, 0 + 1*510] dst_scale=m[0:64, 0 + 1*128]",
       "src (b) has 510 elements a partition; wanted a multiple of 4"},
      {"v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[4:40, 0 + 1*128]",
       "v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[4:40, 0 + 1*127]",
       "dst_scale (m) has 127 elements a partition; wanted 128, one for each group of src"},
      {"v4",
       "quantize_mx dst=x[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[4:40, 0 + 1*128]",
       "v4",
       "quantize_mx dst=x2[0:64, 0 + 1*128] src=b[0:64, 0 + 1*512] dst_scale=m[4:40, 0 + 1*128]",
       "dst (x2) is float4_e2m1fn_x4; wanted float8_e4m3fn_x4 or float8_e5m2_x4"},
      {"v4",
       "quantize_mx dst=x[0:32, 0 + 1*128] src=b[0:32, 0 + 1*512] dst_scale=m[0:4, 0 + 1*128]",
       "v4",
       "quantize_mx dst=x[0:24, 0 + 1*128] src=b[0:24, 0 + 1*512] dst_scale=m[0:4, 0 + 1*128]",
       "src (b) has 24 partitions; wanted a multiple of 32"},
  };
  expect_twins(kTwins);
}

}  // namespace
}  // namespace switchyard::isa
