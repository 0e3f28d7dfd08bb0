// Tensors of the user as files: NumPy's .npy, or raw bytes in the device's own layout.
//
// Types that NumPy lacks (bfloat16, float8, tfloat32) are written as float32, which holds them
// exactly; packed types and float8_e8m0fnu as unsigned integers of their size. Reading takes the
// tensor's own type, float32 for any float type (rounded to nearest even), or plain bit patterns of
// the right size (uN, void as ml_dtypes saves them).
// Source: numpy.lib.format (versions 1.0 to 3.0).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "isa/program.h"

namespace switchyard::neuroncore {

// The bytes of `tensor` from the content of a .npy file. `where` opens errors.
Result<std::vector<std::uint8_t>> from_npy(std::string_view content, const isa::Tensor& tensor,
                                           const std::string& where);

// `bytes` are the tensor's, in the device's layout.
std::string to_npy(const isa::Tensor& tensor, const std::vector<std::uint8_t>& bytes);

}  // namespace switchyard::neuroncore
