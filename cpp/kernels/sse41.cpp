// SSE4.1 and PCLMULQDQ: 128-bit vectors.
#include "kernels/implementations.hpp"

#if HTJ2K_X86
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"
#include "kernels/encode_cleanup.hpp"
#include "kernels/interleave.hpp"
#include "kernels/words.hpp"

HTJ2K_TARGET_BEGIN("sse4.1,pclmul")
namespace htj2k::kernels::sse41 {
namespace {

#include "kernels/lane_x86.inl"
using vector = lane;
#include "kernels/cleanup_quads.inl"
#include "kernels/cleanup_writers.inl"
#include "kernels/crc32_fold.inl"
#include "kernels/encode_cleanup.inl"
#include "kernels/interleave.inl"
#include "kernels/lifting.inl"
#include "kernels/lines.inl"
#include "kernels/synthesis.inl"

}  // namespace
}  // namespace htj2k::kernels::sse41

namespace htj2k::kernels {
constexpr implementation sse41_implementation{"sse41",
                                              &sse41::crc32_folding<4>,
                                              sse41::make_line_kernels<std::int16_t>(),
                                              sse41::make_line_kernels<std::int32_t>(),
                                              sse41::make_line_kernels<std::int64_t>(),
                                              sse41::make_synthesis_kernels<std::int16_t>(),
                                              sse41::make_synthesis_kernels<std::int32_t>(),
                                              sse41::make_synthesis_kernels<std::int64_t>(),
                                              sse41::make_synthesis_kernels<float>(),
                                              sse41::make_irreversible_kernels(),
                                              &sse41::encode_cleanup<std::int16_t>,
                                              &sse41::encode_cleanup<std::int32_t>};
}
HTJ2K_TARGET_END
#endif
