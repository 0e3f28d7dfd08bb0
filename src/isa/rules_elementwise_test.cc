#include "isa/test_twins.h"

namespace switchyard::isa {
namespace {

TEST(Rules, OfTensorCopyAndMemset) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor_copy dst=f src=b", "v2", "tensor_copy dst=f src=b[0:128, 0 + 1*511]",
       "dst (f) has 512 elements a partition; wanted 511, as src has"},
      {"v2", "tensor_copy dst=f[0:64, 0 + 1*8] src=b[0:64, 0 + 1*8]", "v2",
       "tensor_copy dst=f[0:64, 0 + 1*8] src=b[0:32, 0 + 1*8]",
       "dst (f) has 64 partitions; wanted 32, as src has"},
      {"v3", "scalar.tensor_copy dst=f src=b", "v2", "scalar.tensor_copy dst=f src=b",
       "runs on the scalar engine of NeuronCore-v2; wanted vector or gpsimd - use activation"},
      {"v2", "vector.tensor_copy dst=p src=f", "v2", "gpsimd.tensor_copy dst=p src=f",
       "dst (p) is in psum; wanted sbuf - the GpSimd engine cannot reach psum"},
      {"v2", "tensor_copy dst=f src=g", "v2", "tensor_copy dst=f src=a[0 + 512*128 + 1*512]",
       "src (a) is in hbm; wanted sbuf or psum - load it with dma_copy first"},
      {"v4", "tensor_copy dst=x src=x", "v4", "tensor_copy dst=x src=x5",
       "dst (x) is float8_e4m3fn_x4; wanted float8_e5m2_x4, the type of src"},
      {"v2", "memset dst=x value=0", "v2", "memset dst=x value=1",
       "value is 1; wanted 0, the only value for float8_e4m3fn_x4"},
      {"v2", "memset dst=i value=2.0", "v2", "memset dst=i value=2.5",
       "value is 2.5; wanted a whole number, as dst is int32"},
      {"v2", "memset dst=f value=nan", "v2", "memset dst=f", "value is missing; wanted a number"},
      {"v2", "gpsimd.memset dst=f value=0", "v2", "scalar.memset dst=f value=0",
       "runs on the scalar engine; wanted vector, gpsimd"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfTensorCopyPredicated) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor_copy_predicated dst=f src=g predicate=uc", "v2",
       "tensor_copy_predicated dst=f src=g predicate=c",
       "predicate (c) is int8; wanted uint32, uint16 or uint8"},
      {"v2", "tensor_copy_predicated dst=f src=1.5 predicate=u", "v2",
       "tensor_copy_predicated dst=f src=b predicate=u",
       "src (b) is bfloat16; wanted float32, the type of dst"},
      {"v2", "tensor_copy_predicated dst=f src=p predicate=u", "v2",
       "tensor_copy_predicated dst=f src=p predicate=q as uint32",
       "predicate (q) is in psum, and so is src; wanted at most one of them in psum"},
      {"v2", "tensor_copy_predicated dst=f src=p[0:128, 0 + 1*4 + 1*128] predicate=u", "v2",
       "tensor_copy_predicated dst=f src=p[0:128, 0 + 1*4 + 1*127] predicate=u",
       "src (p) has 508 elements a partition; wanted 512, as predicate has"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfTensorTensor) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor_tensor dst=f data1=b data2=h op=add", "v2",
       "tensor_tensor dst=f data1=b data2=h op=exp", "op is exp; wanted bitwise_and"},
      {"v2", "tensor_tensor dst=f data1=p data2=h op=add", "v2",
       "tensor_tensor dst=f data1=p data2=q op=add", "at most one of them in psum"},
      {"v2", "tensor_tensor dst=i data1=u data2=c op=bitwise_xor", "v2",
       "tensor_tensor dst=i data1=f data2=c op=bitwise_xor",
       "data1 (f) is float32; wanted int32, uint32, int16, uint16, int8 or uint8"},
      {"v2", "gpsimd.tensor_tensor dst=f data1=f data2=g op=power", "v2",
       "vector.tensor_tensor dst=f data1=f data2=g op=power",
       "runs on the vector engine; wanted gpsimd - power runs there alone"},
      {"v2", "tensor_tensor dst=f data1=f data2=g op=power", "v2",
       "tensor_tensor dst=f data1=p data2=g op=power", "data1 (p) is in psum; wanted sbuf"},
      {"v4", "tensor_tensor dst=f data1=f data2=g op=abs_max", "v3",
       "tensor_tensor dst=f data1=f data2=g op=abs_max",
       "op abs_max on NeuronCore-v3; wanted NeuronCore-v4 or newer"},
      {"v2", "tensor_tensor dst=f data1=f data2=g op=multiply", "v2",
       "tensor_tensor dst=f data1=f data2=g op=divide", "multiply by the reciprocal"},
      {"v2", "tensor_tensor dst=f data1=f data2=g op=maximum", "v2",
       "tensor_tensor dst=f data1=f data2=g op=mod", "no engine has it"},
      {"v2", "tensor_tensor dst=f data1=f data2=g op=maximum", "v2",
       "tensor_tensor dst=f data1=f data2=x op=maximum",
       "data2 (x) is float8_e4m3fn_x4; wanted a type that is not packed"},
      {"v4",
       "tensor_tensor dst=f data1=f[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "data2=g op=add $0=idx",
       "v4",
       "tensor_tensor dst=f data1=g data2=f[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "op=add $0=idx",
       "data2 (f) has tensor indirection; wanted a plain pattern"},
  };
  std::vector<Twin> twins(std::begin(kTwins), std::end(kTwins));
  // The valid gather needs a dst of as many elements.
  twins.back().valid =
      "tensor_tensor dst=f[0:128, 0 + 1*64] data1=f[0:128, 0 + 1*64 + gather($0)*1 below 512] "
      "data2=g[0:128, 0 + 1*64] op=add $0=idx";
  for (const Twin& twin : twins) {
    const Twin one[] = {twin};
    expect_twins(one);
  }
}

TEST(Rules, OfTensorScalar) {
  constexpr Twin kTwins[] = {
      {"v2", "tensor_scalar dst=f data=b operand0=2 op0=add", "v2",
       "tensor_scalar dst=f data=b operand0=2 op0=divide", "op0 is divide"},
      {"v2", "tensor_scalar dst=f data=b operand0=v op0=add", "v2",
       "tensor_scalar dst=f data=b operand0=vb op0=add",
       "operand0 (vb) is bfloat16; wanted float32"},
      {"v2", "tensor_scalar dst=f data=b operand0=v op0=add", "v2",
       "tensor_scalar dst=f data=b operand0=f[0:128, 0 + 1*2] op0=add",
       "operand0 (f) has 2 elements a partition; wanted 1, one value a partition"},
      {"v2", "tensor_scalar dst=f data=b operand0=2 operand1=v op0=add op1=multiply", "v2",
       "tensor_scalar dst=f data=b operand0=2 op0=add op1=multiply", "operand1 is missing"},
      {"v2", "tensor_scalar dst=f data=b operand0=2 op0=add", "v2",
       "tensor_scalar dst=f data=b operand0=2 operand1=v op0=add",
       "operand1 (v) is given without op1"},
      {"v2", "tensor_scalar dst=f data=b operand0=0 op0=abs", "v2",
       "tensor_scalar dst=f data=b operand0=1 op0=abs",
       "operand0 has a value; wanted 0, as abs takes one operand"},
      {"v2", "tensor_scalar dst=i data=u operand0=3 operand1=1 op0=bitwise_and op1=left_shift",
       "v2", "tensor_scalar dst=i data=u operand0=3 operand1=1 op0=bitwise_and op1=add",
       "op1 is add; wanted an operator of bits, as op0 bitwise_and"},
      {"v2", "tensor_scalar dst=i data=u operand0=3 op0=bitwise_and", "v2",
       "tensor_scalar dst=f data=u operand0=3 op0=bitwise_and", "dst (f) is float32; wanted int32"},
      {"v2", "vector.tensor_scalar dst=i data=u operand0=3 op0=bitwise_and", "v2",
       "gpsimd.tensor_scalar dst=i data=u operand0=3 op0=bitwise_and",
       "runs on the gpsimd engine; wanted vector - operators of bits run there alone"},
      {"v3", "scalar.tensor_scalar dst=f data=b operand0=3 operand1=1 op0=multiply op1=add", "v3",
       "scalar.tensor_scalar dst=f data=b operand0=3 operand1=1 op0=add op1=multiply",
       "has op0 add and op1 multiply on the scalar engine; wanted multiply and add"},
      {"v4", "scalar.tensor_scalar dst=f data=b operand0=3 op0=maximum", "v3",
       "scalar.tensor_scalar dst=f data=b operand0=3 op0=maximum",
       "op0 maximum on the scalar engine"},
      {"v3", "scalar.tensor_scalar dst=f data=b operand0=3 op0=add", "v2",
       "scalar.tensor_scalar dst=f data=b operand0=3 op0=add",
       "use activation with scale and bias"},
      {"v4", "tensor_scalar dst=f data=b operand0=0 op0=square", "v3",
       "tensor_scalar dst=f data=b operand0=0 op0=square", "op0 square on NeuronCore-v3"},
      {"v4",
       "tensor_scalar dst=s[0:128, 0 + 1*64] data=i[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "operand0=1 op0=add $0=idx",
       "v4",
       "tensor_scalar dst=i[0:128, 0 + 1*64] data=i[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "operand0=1 op0=add $0=idx",
       "computes 32-bit integers with tensor indirection"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfTwoOperatorInstructions) {
  constexpr Twin kTwins[] = {
      {"v2", "scalar_tensor_tensor dst=f data=p operand0=2 operand1=g op0=add op1=multiply", "v2",
       "scalar_tensor_tensor dst=f data=p operand0=2 operand1=q op0=add op1=multiply",
       "at most one of them in psum"},
      {"v2", "scalar_tensor_tensor dst=f data=f operand0=v operand1=g op0=add op1=multiply", "v2",
       "scalar_tensor_tensor dst=i data=i operand0=2 operand1=u op0=bitwise_and op1=add",
       "op0 is bitwise_and"},
      {"v2", "tensor_scalar_cumulative dst=f src=b imm0=1 op0=multiply op1=add", "v2",
       "tensor_scalar_cumulative dst=f src=i imm0=1 op0=multiply op1=add", "src (i) is int32"},
      {"v2", "tensor_scalar_cumulative dst=f src=b imm0=1 op0=multiply op1=minimum", "v2",
       "tensor_scalar_cumulative dst=f src=b imm0=1 op0=multiply op1=logical_and",
       "op1 is logical_and; wanted add, subtract, multiply, maximum or minimum"},
      {"v2",
       "tensor_scalar_cumulative dst=f src=b imm0=1 imm1=v op0=add op1=add "
       "reduce_cmd=load_reduce",
       "v2", "tensor_scalar_cumulative dst=f src=b imm0=1 op0=add op1=add reduce_cmd=load_reduce",
       "imm1 is missing"},
      {"v2", "tensor_scalar_cumulative dst=f src=b imm0=1 op0=add op1=add reduce_cmd=reduce", "v2",
       "tensor_scalar_cumulative dst=f src=b imm0=1 imm1=0 op0=add op1=add reduce_cmd=reduce",
       "imm1 is given"},
      {"v2", "tensor_scalar_cumulative dst=f src=b imm0=1 op0=add op1=add reduce_cmd=reduce", "v2",
       "tensor_scalar_cumulative dst=f src=b imm0=1 op0=add op1=add reduce_cmd=idle",
       "reduce_cmd is idle; wanted reset_reduce, load_reduce or reduce"},
      {"v2", "tensor_scalar_cumulative dst=f src=b imm0=v op0=add op1=add", "v2",
       "tensor_scalar_cumulative dst=f src=b imm0=vb op0=add op1=add", "imm0 (vb) is bfloat16"},
      {"v2", "tensor_tensor_scan dst=f data0=p data1=g initial=v op0=multiply op1=add", "v2",
       "tensor_tensor_scan dst=f data0=p data1=q initial=v op0=multiply op1=add",
       "at most one of them in psum"},
      {"v2", "tensor_tensor_scan dst=f data0=f data1=g initial=0 op0=multiply op1=add", "v2",
       "tensor_tensor_scan dst=f data0=f data1=g initial=0 op0=multiply op1=abs", "op1 is abs"},
      {"v2", "tensor_tensor_scan dst=f data0=f data1=g initial=0 op0=multiply op1=add", "v2",
       "tensor_tensor_scan dst=f data0=f data1=g initial=f op0=multiply op1=add",
       "initial (f) has 512 elements a partition; wanted 1"},
      {"v2", "reciprocal dst=f data=i", "v2", "reciprocal dst=f data=v",
       "dst (f) has 512 elements a partition; wanted 1, as data has"},
  };
  expect_twins(kTwins);
}

TEST(Rules, OfScatteringOnTheScalarEngine) {
  constexpr Twin kTwins[] = {
      {"v4",
       "vector.tensor_copy dst=p[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "src=f[0:128, 0 + 1*64] $0=idx",
       "v4",
       "scalar.tensor_copy dst=p[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "src=f[0:128, 0 + 1*64] $0=idx",
       "the Scalar engine scatters to sbuf only"},
      {"v4",
       "activation dst=f[0:128, 0 + 1*64 + gather($0)*1 below 512] data=g[0:128, 0 + 1*64] "
       "op=exp $0=idx",
       "v4",
       "activation dst=p[0:128, 0 + 1*64 + gather($0)*1 below 512] data=g[0:128, 0 + 1*64] "
       "op=exp $0=idx",
       "the Scalar engine scatters to sbuf only"},
      {"v4",
       "vector.tensor_copy dst=f[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "src=g[0:128, 0 + 1*64] $0=idx",
       "v4",
       "gpsimd.tensor_copy dst=f[0:128, 0 + 1*64 + gather($0)*1 below 512] "
       "src=g[0:128, 0 + 1*64] $0=idx",
       "runs on the gpsimd engine; wanted vector or scalar - for indirection"},
  };
  expect_twins(kTwins);
}

}  // namespace
}  // namespace switchyard::isa
