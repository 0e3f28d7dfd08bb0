// Reducing, activating, selecting, searching, gathering and random instructions; registers.
#include "isa/test_twins.h"

namespace switchyard::isa {
namespace {

TEST(Rules, OfReductions) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor_reduce dst=v data=f op=add axis=[1]", "v2",
       "tensor_reduce dst=v data=f op=power axis=[1]", "op is power; wanted bitwise_and"},
      {"v2", "tensor_reduce dst=f[0:128, 0 + 1*2] data=d4 op=add axis=[2, 3]", "v2",
       "tensor_reduce dst=f[0:128, 0 + 1*2] data=d4 op=add axis=[1, 2]",
       "axis is [1, 2]; wanted the last of the free dims 1 to 3, in order"},
      {"v2", "tensor_reduce dst=v data=d4 op=add axis=[1, 2, 3]", "v2",
       "tensor_reduce dst=v data=d4 op=add axis=[0, 1, 2, 3]", "axis is [0, 1, 2, 3]"},
      {"v2", "tensor_reduce dst=f[0:128, 0 + 1*6] data=d4 op=add axis=[3]", "v2",
       "tensor_reduce dst=f[0:128, 0 + 1*5] data=d4 op=add axis=[3]",
       "dst (f) has 5 elements a partition; wanted 6, what the axes leave of data"},
      {"v2", "tensor_reduce dst=vi data=u op=bitwise_or axis=[1]", "v2",
       "tensor_reduce dst=v data=u op=bitwise_or axis=[1]", "dst (v) is float32; wanted int32"},
      {"v2", "tensor_reduce dst=v data=f op=add axis=[1] negate=true", "v2",
       "tensor_reduce dst=vi data=u op=bitwise_or axis=[1] negate=true",
       "negate is true; wanted false with bitwise_or"},
      {"v2", "tensor_partition_reduce dst=f[0:1, 0 + 1*512] data=g op=maximum", "v2",
       "tensor_partition_reduce dst=f[0:2, 0 + 1*512] data=g op=maximum",
       "dst (f) has 2 partitions; wanted 1"},
      {"v2", "tensor_partition_reduce dst=f[0:1, 0 + 1*512] data=g op=average", "v2",
       "tensor_partition_reduce dst=f[0:1, 0 + 1*512] data=g op=minimum",
       "op is minimum; wanted bitwise_and, bitwise_or, add, maximum or average"},
      {"v2", "tensor_partition_reduce dst=f[0:1, 0 + 1*512] data=g op=add", "v2",
       "tensor_partition_reduce dst=f[0:1, 0 + 1*512] data=p op=add",
       "the GpSimd engine cannot reach psum"},
      {"v2", "tensor_scalar_reduce dst=f data=g operand0=2 reduce_res=v op0=add reduce_op=maximum",
       "v2", "tensor_scalar_reduce dst=f data=g operand0=2 reduce_res=v op0=add reduce_op=subtract",
       "reduce_op is subtract; wanted add, multiply, maximum or minimum"},
      {"v2", "tensor_scalar_reduce dst=f data=g operand0=2 op0=add reduce_op=add reduce_cmd=reduce",
       "v2", "tensor_scalar_reduce dst=f data=g operand0=2 op0=add reduce_op=add reduce_cmd=reset",
       "reduce_cmd is reset; wanted reset_reduce, reduce or load_reduce"},
      {"v2",
       "tensor_scalar_reduce dst=f data=g operand0=2 reduce_init=v op0=add reduce_op=add "
       "reduce_cmd=load_reduce",
       "v2", "tensor_scalar_reduce dst=f data=g operand0=2 reduce_init=v op0=add reduce_op=add",
       "reduce_init (v) is given; wanted none without reduce_cmd=load_reduce"},
      {"v2", "tensor_scalar_reduce dst=f data=g operand0=2 op0=add reduce_op=add reverse0=false",
       "v2", "tensor_scalar_reduce dst=f data=g operand0=2 op0=add reduce_op=add reverse0=true",
       "reverse0 is true; wanted false: not supported yet"},
      {"v2", "bn_stats dst=f[0:128, 0 + 1*6] data=g", "v2",
       "bn_stats dst=f[0:128, 0 + 1*6] data=b[0:128, 0 + 1*2 + 1*257]",
       "data (b) has 514 elements a partition; wanted at most 512"},
      {"v2", "bn_stats dst=f[0:128, 0 + 1*6] data=g", "v2", "bn_stats dst=f[0:128, 0 + 1*7] data=g",
       "dst (f) has 7 elements a partition; wanted 6"},
      {"v2", "bn_aggr dst=f[0:128, 0 + 1*2] data=g[0:128, 0 + 1*12]", "v2",
       "bn_aggr dst=f[0:128, 0 + 1*2] data=g[0:128, 0 + 1*13]",
       "data (g) has 13 elements a partition; wanted a multiple of 3"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfActivations) {
  constexpr Twin kTwins[] = {
      {"v2", "activation dst=f data=b op=exp", "v2", "activation dst=f data=b op=add",
       "op is add; wanted"},
      {"v2", "activation dst=f data=b bias=vb scale=v op=exp", "v2",
       "activation dst=f data=b bias=vt scale=v op=exp",
       "bias (vt) is tfloat32; wanted any other type"},
      {"v2", "activation dst=f data=b bias=vb scale=v op=exp", "v2",
       "activation dst=f data=b bias=vb scale=vb op=exp", "scale (vb) is bfloat16; wanted float32"},
      {"v3", "activation dst=f data=b bias=0.5 op=exp", "v2",
       "activation dst=f data=b bias=0.5 op=exp",
       "bias is a number on NeuronCore-v2; wanted a value a partition, shape [P, 1]"},
      {"v3", "activation dst=f data=b bias=v op=reciprocal", "v2",
       "activation dst=f data=b bias=v op=reciprocal", "bias (v) is given with op reciprocal"},
      {"v2", "activation dst=f data=b reduce_res=v op=exp reduce_op=add reduce_cmd=reset_reduce",
       "v2",
       "activation dst=f data=b reduce_res=v op=exp reduce_op=maximum reduce_cmd=reset_reduce",
       "reduce_op is maximum; wanted add"},
      {"v2", "activation dst=f data=b op=exp reduce_cmd=reset", "v2",
       "activation dst=f data=b op=exp reduce_cmd=load_reduce", "reduce_cmd is load_reduce"},
      {"v2", "activation_reduce dst=f data=b reduce_res=v op=exp reduce_op=add", "v2",
       "activation_reduce dst=f data=b op=exp reduce_op=add",
       "reduce_res is missing; wanted a tensor"},
      {"v3", "activation_reduce dst=f data=b reduce_res=v op=exp reduce_op=add", "v3",
       "activation_reduce dst=f data=b reduce_res=f op=exp reduce_op=add",
       "reduce_res (f) has 512 elements a partition; wanted 1"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfActivate2AndExponential) {
  constexpr Twin kTwins[] = {
      {"v4", "activate2 dst=f data=b imm0=2 imm1=v op=prelu op0=multiply op1=subtract", "v3",
       "activate2 dst=f data=b imm0=2 imm1=v op=prelu op0=multiply op1=subtract",
       "is not available"},
      {"v4", "activate2 dst=f data=b imm0=2 imm1=v op=exp op0=subtract op1=bypass", "v4",
       "activate2 dst=f data=b imm0=2 imm1=v op=exp op0=subtract op1=add",
       "has op0 subtract and op1 add; wanted multiply with add, subtract or bypass"},
      {"v4", "activate2 dst=f data=b imm0=vb imm1=vb op=exp op0=multiply op1=add", "v4",
       "activate2 dst=f data=b imm0=v imm1=vb op=exp op0=multiply op1=add",
       "imm1 (vb) is bfloat16; wanted float32, the type of imm0"},
      {"v4", "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=multiply op1=add reverse1=true", "v4",
       "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=multiply op1=bypass reverse1=true",
       "reverse1 is true; wanted false with op1=bypass"},
      {"v4", "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=add op1=bypass reverse0=true", "v4",
       "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=bypass op1=bypass reverse0=true",
       "reverse0 is true; wanted false with op0=bypass"},
      {"v4",
       "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=multiply op1=add reduce_op=abs_max "
       "reduce_cmd=reduce",
       "v4", "activate2 dst=f data=b imm0=2 imm1=1 op=exp op0=multiply op1=add reduce_cmd=reduce",
       "reduce_op is missing; wanted an operator for reduce_cmd=reduce"},
      {"v4", "exponential dst=f src=b max_value=v reduce_res=vb reduce_cmd=reset_reduce", "v3",
       "exponential dst=f src=b max_value=v reduce_res=vb reduce_cmd=reset_reduce",
       "is not available"},
      {"v4", "exponential dst=f src=u", "v4", "exponential dst=u src=f", "dst (u) is uint32"},
      {"v4", "exponential dst=t src=f", "v4", "exponential dst=f src=t", "src (t) is tfloat32"},
      {"v4", "exponential dst=f src=b reduce_init=v reduce_cmd=load_reduce", "v4",
       "exponential dst=f src=b reduce_init=v", "reduce_init (v) is given; wanted none or 0"},
      {"v4", "exponential dst=f src=b reduce_init=0", "v4", "exponential dst=f src=b reduce_init=1",
       "reduce_init is given; wanted none or 0"},
      {"v4", "exponential dst=f[0:128, 0 + 1*24] src=d4", "v4",
       "exponential dst=f[0:128, 0 + 1*24] src=d5[0:128, 0 + 60*2 + 20*2 + 5*3 + 1*2]",
       "src (d5) has 5 dims; wanted at most 4, the partitions included"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfSelections) {
  constexpr Twin kTwins[] = {
      {"v2", "iota dst=i pattern=[1, 512]", "v2", "iota dst=i pattern=[1, 511]",
       "pattern has 511 elements; wanted 512, as a partition of dst has"},
      {"v2", "iota dst=i pattern=[0, 2, 0, 2, 0, 2, 1, 64]", "v2",
       "iota dst=i pattern=[0, 2, 0, 2, 0, 2, 0, 2, 1, 32]",
       "pattern has 10 values; wanted one to four pairs of step and count"},
      {"v2", "iota dst=i pattern=[1, 512] offset=2147483647", "v2",
       "iota dst=i pattern=[1, 512] offset=2147483648",
       "offset is 2147483648; wanted -2147483648 to"},
      {"v2", "iota dst=i pattern=[-3, 512] channel_multiplier=-1", "v2",
       "iota dst=i pattern=[4294967296, 512]", "pattern has a step of 4294967296; wanted an int32"},
      {"v2", "iota dst=i pattern=[1, 512]", "v2", "iota dst=p pattern=[1, 512]",
       "dst (p) is in psum; wanted sbuf"},
      {"v2",
       "affine_select dst=f on_true_tile=g pattern=[1, 512] channel_multiplier=-1 "
       "on_false_value=0 cmp_op=greater_equal",
       "v2",
       "affine_select dst=f on_true_tile=g pattern=[1, 512] channel_multiplier=-1 "
       "on_false_value=0 cmp_op=add",
       "cmp_op is add; wanted equal, not_equal, greater_equal, greater, less_equal or less"},
      {"v2",
       "affine_select dst=f on_true_tile=g pattern=[1, 512] channel_multiplier=-1 "
       "on_false_value=0",
       "v2",
       "affine_select dst=f on_true_tile=v pattern=[1, 512] channel_multiplier=-1 "
       "on_false_value=0",
       "on_true_tile (v) has 1 element a partition; wanted 512, as dst has"},
      {"v3", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal",
       "v2", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal",
       "is not available on NeuronCore-v2"},
      {"v3", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal",
       "v3", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=not_equal",
       "comp_op1 is not_equal"},
      {"v3", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal",
       "v3", "range_select dst=f on_true_tile=b bound0=vb bound1=v comp_op0=less comp_op1=equal",
       "bound0 (vb) is bfloat16; wanted float32"},
      {"v3", "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal",
       "v3", "range_select dst=f on_true_tile=i bound0=v bound1=v comp_op0=less comp_op1=equal",
       "on_true_tile (i) is int32"},
      {"v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "on_false_value=-3.4028234663852886e+38",
       "v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "on_false_value=0",
       "on_false_value is 0; wanted the lowest float32"},
      {"v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "range_start=16776705",
       "v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "range_start=16776706",
       "range_start is 16776706"},
      {"v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "reduce_op=maximum",
       "v3",
       "range_select dst=f on_true_tile=b bound0=v bound1=v comp_op0=less comp_op1=equal "
       "reduce_op=add",
       "reduce_op is add; wanted maximum"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfSelectReduce) {
  constexpr Twin kTwins[] = {
      {"v2", "select_reduce dst=f predicate=uc on_true=b on_false=v", "v2",
       "select_reduce dst=f predicate=u on_true=b on_false=v", "predicate (u) is uint32"},
      {"v2", "select_reduce dst=f predicate=uc on_true=s on_false=0", "v2",
       "select_reduce dst=f predicate=uc on_true=i on_false=0",
       "on_true (i) is int32; wanted any type but tfloat32, int32 and uint32"},
      {"v2", "select_reduce dst=f predicate=uc on_true=p on_false=0", "v2",
       "select_reduce dst=f predicate=q[0:128, 0 + 1*512] as uint16 on_true=p on_false=0",
       "at most one of them in psum"},
      {"v2",
       "select_reduce dst=f predicate=uc on_true=b on_false=0 reduce_res=v "
       "reduce_cmd=reset_reduce",
       "v2",
       "select_reduce dst=f predicate=uc on_true=b on_false=0 reduce_res=vi "
       "reduce_cmd=reset_reduce",
       "reduce_res (vi) is int32"},
      {"v2", "select_reduce dst=f predicate=uc on_true=b on_false=0 reduce_cmd=reduce", "v2",
       "select_reduce dst=f predicate=uc on_true=b on_false=0 reduce_cmd=reset",
       "reduce_cmd is reset"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfSearches) {
  constexpr Twin kTwins[] = {
      {"v2", "max8 dst=f[0:128, 0 + 1*8] src=g[0:128, 0 + 1*8]", "v2",
       "max8 dst=f[0:128, 0 + 1*8] src=g[0:128, 0 + 1*7]",
       "src (g) has 7 elements a partition; wanted 8 to 16384"},
      {"v2", "max8 dst=f[0:128, 0 + 1*8] src=w", "v2",
       "max8 dst=f[0:128, 0 + 1*8] src=bytes[0:128, 0 + 1*16385]", "wanted 8 to 16384"},
      {"v2", "max8 dst=f[0:128, 0 + 1*8] src=d4[0:128, 0 + 12*2 + 1*12]", "v2",
       "max8 dst=f[0:128, 0 + 1*8] src=d5[0:128, 0 + 60*2 + 20*2 + 1*6]",
       "src (d5) has 4 dims; wanted at most 3"},
      {"v2", "max8 dst=f[0:128, 0 + 1*8] src=g", "v2", "max8 dst=f[0:128, 0 + 1*9] src=g",
       "dst (f) has 9 elements a partition; wanted 8"},
      {"v2", "nc_find_index8 dst=u[0:128, 0 + 1*8] data=g vals=f[0:128, 0 + 1*8]", "v2",
       "nc_find_index8 dst=i[0:128, 0 + 1*8] data=g vals=f[0:128, 0 + 1*8]",
       "dst (i) is int32; wanted uint32 or uint16"},
      {"v2", "nc_find_index8 dst=us[0:128, 0 + 1*8] data=g vals=f[0:128, 0 + 1*8]", "v2",
       "nc_find_index8 dst=us[0:128, 0 + 1*8] data=g vals=f[0:128, 0 + 1*7]",
       "vals (f) has 7 elements a partition; wanted 8, the values to look for"},
      {"v2",
       "nc_match_replace8 dst=f data=g vals=f[0:128, 0 + 1*8] dst_idx=u[0:128, 0 + 1*8] imm=0",
       "v2",
       "nc_match_replace8 dst=f data=g vals=f[0:128, 0 + 1*8] dst_idx=s[0:128, 0 + 1*8] imm=0",
       "dst_idx (s) is int16"},
      {"v2", "nc_match_replace8 dst=f data=g vals=f[0:128, 0 + 1*8] imm=0", "v2",
       "nc_match_replace8 dst=f data=g[0:128, 0 + 1*511] vals=f[0:128, 0 + 1*8] imm=0",
       "dst (f) has 512 elements a partition; wanted 511, as data has"},
      {"v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=42",
       "v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*2] n=42",
       "src (b) has 2 elements a partition; wanted at least 3, a sixteenth of n"},
      {"v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=8",
       "v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=7",
       "n is 7; wanted 8 to 65535"},
      {"v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=8",
       "v2", "topk val_dst=b[0:32, 0 + 1*9] idx_dst=u[0:32, 0 + 1*9] src=b[0:32, 9 + 1*3] n=8",
       "val_dst (b) has 9 elements a partition; wanted at most 8"},
      {"v2", "topk val_dst=b[0:16, 0 + 1*8] idx_dst=u[0:16, 0 + 1*8] src=b[0:16, 8 + 1*3] n=42",
       "v2", "topk val_dst=b[0:24, 0 + 1*8] idx_dst=u[0:24, 0 + 1*8] src=b[0:24, 8 + 1*3] n=42",
       "src (b) has 24 partitions; wanted a multiple of 16"},
      {"v2", "topk val_dst=b[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=42",
       "v2", "topk val_dst=f[0:32, 0 + 1*8] idx_dst=u[0:32, 0 + 1*8] src=b[0:32, 8 + 1*3] n=42",
       "val_dst (f) is float32; wanted bfloat16"},
      {"v3", "nonzero_with_count dst=i[0:128, 0 + 1*9] src=f[0:128, 0 + 1*8]", "v2",
       "nonzero_with_count dst=i[0:128, 0 + 1*9] src=f[0:128, 0 + 1*8]", "is not available"},
      {"v3", "nonzero_with_count dst=i[0:128, 0 + 1*9] src=f[0:128, 0 + 1*8]", "v3",
       "nonzero_with_count dst=i[0:128, 0 + 1*8] src=f[0:128, 0 + 1*8]",
       "dst (i) has 8 elements a partition; wanted 9, one more than src"},
      {"v3", "nonzero_with_count dst=i[0:128, 0 + 1*9] src=i[0:128, 20 + 1*8]", "v3",
       "nonzero_with_count dst=i[0:128, 0 + 1*9] src=b[0:128, 0 + 1*8]", "src (b) is bfloat16"},
      {"v2", "sequence_bounds dst=f[0:1, 0 + 256*2 + 1*256] segment_ids=i[0:1, 0 + 1*256]", "v2",
       "sequence_bounds dst=f[0:2, 0 + 1*512] segment_ids=i[0:2, 0 + 1*256]",
       "segment_ids (i) has 2 partitions; wanted 1"},
      {"v2", "sequence_bounds dst=f[0:1, 0 + 256*2 + 1*256] segment_ids=i[0:1, 0 + 1*256]", "v2",
       "sequence_bounds dst=f[0:1, 0 + 1*256] segment_ids=i[0:1, 0 + 1*256]",
       "dst (f) has 256 elements a partition; wanted 512"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfGathers) {
  constexpr Twin kTwins[] = {
      {"v2", "local_gather dst=f[0:128, 0 + 1*64] src_buffer=g index=us[0:128, 0 + 1*4]", "v2",
       "local_gather dst=b[0:128, 0 + 1*64] src_buffer=g index=us[0:128, 0 + 1*4]",
       "dst (b) is bfloat16; wanted float32, the type of src_buffer"},
      {"v2", "local_gather dst=f[0:128, 0 + 1*64] src_buffer=g index=us[0:128, 0 + 1*4]", "v2",
       "local_gather dst=f[0:128, 0 + 1*64] src_buffer=g index=u[0:128, 0 + 1*4]",
       "index (u) is uint32; wanted uint16"},
      {"v2", "local_gather dst=w src_buffer=b index=us[0:128, 0 + 1*256] num_elem_per_idx=4", "v2",
       "local_gather dst=w[0:128, 0 + 0*16448] src_buffer=b index=us[0:128, 0 + 1*257] "
       "num_elem_per_idx=4",
       "index (us) has 4112 indices for each core; wanted at most 4096"},
      {"v2",
       "local_gather dst=f[0:128, 0 + 1*40] src_buffer=g index=us[0:128, 0 + 1*4] "
       "num_elem_per_idx=2 num_valid_indices=20",
       "v2",
       "local_gather dst=f[0:128, 0 + 1*60] src_buffer=g index=us[0:128, 0 + 1*4] "
       "num_elem_per_idx=3 num_valid_indices=20",
       "num_elem_per_idx is 3; wanted 1, 2, 4, 8, 16 or 32"},
      {"v2",
       "local_gather dst=f[0:128, 0 + 1*64] src_buffer=g index=us[0:128, 0 + 1*4] "
       "num_valid_indices=64",
       "v2",
       "local_gather dst=f[0:128, 0 + 1*65] src_buffer=g index=us[0:128, 0 + 1*4] "
       "num_valid_indices=65",
       "num_valid_indices is 65; wanted 1 to 64"},
      {"v2",
       "local_gather dst=f[0:16, 0 + 1*64] src_buffer=g[0:16, 0 + 1*64] index=us[0:16, 0 + 1*4]",
       "v2",
       "local_gather dst=f[0:24, 0 + 1*64] src_buffer=g[0:24, 0 + 1*64] index=us[0:24, 0 + 1*4]",
       "index (us) has 24 partitions; wanted a multiple of 16"},
      {"v2", "nc_n_gather dst=f[0:128, 0 + 1*8] data=g indices=u[0:128, 0 + 1*8]", "v2",
       "nc_n_gather dst=f[0:128, 0 + 1*8] data=g indices=i[0:128, 0 + 1*8]",
       "indices (i) is int32; wanted uint32"},
      {"v2", "nc_n_gather dst=f[0:128, 0 + 1*8] data=g indices=u[0:128, 0 + 1*8]", "v2",
       "nc_n_gather dst=f[0:128, 0 + 1*9] data=g indices=u[0:128, 0 + 1*8]",
       "dst (f) has 9 elements a partition; wanted 8, as indices has"},
      {"v2",
       "nc_stream_shuffle dst=f src=g shuffle_mask=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
       "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 255]",
       "v2",
       "nc_stream_shuffle dst=f src=g shuffle_mask=[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
       "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 32, 255]",
       "shuffle_mask holds 32; wanted 0 to 31, or 255 to keep"},
      {"v2",
       "nc_stream_shuffle dst=f src=g shuffle_mask=[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
       "0, "
       "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
       "v2", "nc_stream_shuffle dst=f src=g shuffle_mask=[0, 1]",
       "shuffle_mask has 2 values; wanted 32"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfRandomNumbers) {
  constexpr Twin kTwins[] = {
      {"v2", "rng dst=i", "v2", "rng dst=f", "dst (f) is float32; wanted int32"},
      {"v3", "gpsimd.rng dst=i", "v2", "gpsimd.rng dst=i",
       "rng on the GpSimd engine on NeuronCore-v2"},
      {"v2", "rng dst=q as uint32", "v3", "gpsimd.rng dst=q as uint32", "cannot reach psum"},
      {"v4", "rand2 dst=b min=0 max=1", "v3", "rand2 dst=b min=0 max=1", "is not available"},
      {"v4", "rand2 dst=b min=0 max=1", "v4", "rand2 dst=b min=1 max=1",
       "max is 1; wanted a number above min, 1"},
      {"v4", "rand2 dst=f min=v max=1", "v4", "rand2 dst=m min=v max=1",
       "dst (m) is float8_e8m0fnu"},
      {"v2", "dropout dst=f data=g prob=vb", "v2", "dropout dst=b data=g prob=vb",
       "dst (b) is bfloat16; wanted float32, the type of data"},
      {"v2", "dropout dst=i data=i prob=v", "v2", "dropout dst=i data=i prob=vb",
       "prob (vb) is bfloat16; wanted float32"},
      {"v2", "set_rng_seed src_seeds=u[0:1, 7]", "v2", "set_rng_seed src_seeds=u[0:1, 7 + 1*2]",
       "src_seeds (u) has 2 elements a partition; wanted 1"},
      {"v2", "set_rng_seed src_seeds=f[32:33, 7]", "v2", "set_rng_seed src_seeds=b[0:1, 7]",
       "src_seeds (b) is bfloat16; wanted a type of 32 bits"},
      {"v3", "rand_set_state src_seeds=u[0:128, 0 + 1*6]", "v2",
       "rand_set_state src_seeds=u[0:128, 0 + 1*6]", "is not available"},
      {"v4", "vector.rand_set_state src_seeds=u[0:128, 0 + 1*24]", "v3",
       "vector.rand_set_state src_seeds=u[0:128, 0 + 1*24]", "the state of the Vector engine on"},
      {"v4", "vector.rand_get_state dst=u[0:128, 0 + 1*24]", "v4",
       "vector.rand_get_state dst=u[0:128, 0 + 1*6]",
       "dst (u) has 6 elements a partition; wanted 24"},
      {"v4", "vector.rand_get_state dst=q[0:128, 0 + 1*24] as uint32", "v4",
       "rand_get_state dst=q[0:128, 0 + 1*6] as uint32", "the GpSimd engine cannot reach psum"},
      {"v3", "gpsimd.rand_get_state dst=u[0:128, 0 + 1*6]", "v3",
       "gpsimd.rand_get_state dst=i[0:128, 0 + 1*6]", "dst (i) is int32; wanted uint32"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfRegisters) {
  constexpr Twin kTwins[] = {
      {"v2", "register_move dst=n src=2147483647", "v2", "register_move dst=n src=2147483648",
       "src is 2147483648; wanted a whole number of 32 bits"},
      {"v2", "register_move dst=n src=r", "v2", "register_move dst=n src=0.5", "src is 0.5"},
      {"v2", "register_load dst=n src=ai", "v2", "register_load dst=n src=vi",
       "src (vi) has 128 elements; wanted 1"},
      {"v2", "register_load dst=n src=i[5:6, 9]", "v2", "register_load dst=n src=p[0:1, 9]",
       "src (p) is in psum; wanted hbm or sbuf"},
      {"v2", "register_store dst=i[5:6, 9] src=r", "v2", "register_store dst=i[5:7, 9] src=r",
       "dst (i) has 2 elements; wanted 1"},
      {"v2", "register_move dst=n src=r", "v2", "register_move dst=n src=vi",
       "src (vi) is a tensor; wanted a number or a register"},
      {"v2", "for n = 0 to r step 2 {\n}", "v2", "for n = 0 to r step 0 {\n}",
       "step is 0; wanted 1 to"},
      {"v2", "for n = 0 to r {\nmemset dst=f value=0 no_reorder=1\n}", "v2",
       "for n = 0 to r no_reorder=1 {\n}", "is a loop inside a no_reorder scope"},
      {"v2", "while r {\nregister_move dst=r src=0\n}", "v2", "while n {\n}",
       "while_begin: reads register n, which nothing wrote"},
  };
  expect_twins(kTwins);
}

}  // namespace
}  // namespace switchyard::isa
