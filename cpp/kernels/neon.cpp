// 64-bit ARM with PMULL. NEON itself every such CPU has; the portable kernels are compiled for it too.
#include "kernels/implementations.hpp"

#if HTJ2K_ARM64
#include <arm_neon.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"
#include "kernels/encode_cleanup.hpp"
#include "kernels/interleave.hpp"
#include "kernels/words.hpp"

HTJ2K_TARGET_BEGIN("+crypto")
namespace htj2k::kernels::neon {
namespace {

#include "kernels/lane_arm64.inl"
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
}  // namespace htj2k::kernels::neon

namespace htj2k::kernels {
constexpr implementation neon_implementation{"neon",
                                             &neon::crc32_folding<4>,
                                             neon::make_line_kernels<std::int16_t>(),
                                             neon::make_line_kernels<std::int32_t>(),
                                             neon::make_line_kernels<std::int64_t>(),
                                             neon::make_synthesis_kernels<std::int16_t>(),
                                             neon::make_synthesis_kernels<std::int32_t>(),
                                             neon::make_synthesis_kernels<std::int64_t>(),
                                             neon::make_synthesis_kernels<float>(),
                                             neon::make_irreversible_kernels(),
                                             &neon::encode_cleanup<std::int16_t>,
                                             &neon::encode_cleanup<std::int32_t>};
}
HTJ2K_TARGET_END
#endif
