// AVX-512 and VPCLMULQDQ (Ice Lake, Zen 4 and later): 512-bit vectors of four lanes.
#include "kernels/implementations.hpp"

#if HTJ2K_X86
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/cleanup.hpp"
#include "kernels/crc32.hpp"
#include "kernels/encode_cleanup.hpp"
#include "kernels/interleave.hpp"
#include "kernels/words.hpp"

HTJ2K_TARGET_BEGIN("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,pclmul,vpclmulqdq")
namespace htj2k::kernels::avx512 {
namespace {

#include "kernels/lane_x86.inl"

struct vector {
  static constexpr std::size_t size = 64;
  __m512i bits;

  static vector load(const std::uint8_t* p) { return {_mm512_loadu_si512(p)}; }
  static vector from_register(std::uint32_t reg) {
    return {_mm512_zextsi128_si512(lane::from_register(reg).bits)};
  }
  // The masked form, because GCC 12 warns of its own header's plain one (its bug 105593).
  template <typename Fold>
  static vector factors() {
    return {_mm512_maskz_broadcast_i32x4(0xFFFF, lane::factors<Fold>().bits)};
  }
  vector operator^(vector other) const { return {_mm512_xor_si512(bits, other.bits)}; }
  vector times(vector f) const {
    return {_mm512_xor_si512(_mm512_clmulepi64_epi128(bits, f.bits, 0x00),
                             _mm512_clmulepi64_epi128(bits, f.bits, 0x11))};
  }
  // The first half stands 32 bytes before the second; of that sum the first lane 16 before the second.
  // Through memory for the reason above.
  lane folded() const {
    std::uint8_t halves[size];
    _mm512_storeu_si512(halves, bits);
    const __m256i first = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves));
    const __m256i second = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves + size / 2));
    const __m256i factors = _mm256_broadcastsi128_si256(lane::factors<crc32_fold<size / 2>>().bits);
    const __m256i moved = _mm256_xor_si256(_mm256_clmulepi64_epi128(first, factors, 0x00),
                                           _mm256_clmulepi64_epi128(first, factors, 0x11));
    const __m256i sum = _mm256_xor_si256(moved, second);
    const lane front{_mm256_castsi256_si128(sum)}, back{_mm256_extracti128_si256(sum, 1)};
    return front.times(lane::factors<crc32_fold<lane::size>>()) ^ back;
  }
};

#include "kernels/cleanup_bytes.inl"
#include "kernels/cleanup_quads_x86.inl"
#include "kernels/cleanup_writers.inl"
#include "kernels/cleanup_x86.inl"
#include "kernels/crc32_fold.inl"
#include "kernels/encode_cleanup.inl"
#include "kernels/interleave.inl"
#include "kernels/lifting.inl"
#include "kernels/lines.inl"
#include "kernels/synthesis.inl"

}  // namespace
}  // namespace htj2k::kernels::avx512

namespace htj2k::kernels {
constexpr implementation avx512_implementation{"avx512",
                                               &avx512::crc32_folding<4>,
                                               avx512::make_line_kernels<std::int16_t>(),
                                               avx512::make_line_kernels<std::int32_t>(),
                                               avx512::make_line_kernels<std::int64_t>(),
                                               avx512::make_synthesis_kernels<std::int16_t>(),
                                               avx512::make_synthesis_kernels<std::int32_t>(),
                                               avx512::make_synthesis_kernels<std::int64_t>(),
                                               avx512::make_synthesis_kernels<float>(),
                                               avx512::make_irreversible_kernels(),
                                               &avx512::encode_cleanup<std::int16_t>,
                                               &avx512::encode_cleanup<std::int32_t>,
                                               &avx512::decode_cleanup<std::int16_t>,
                                               &avx512::decode_cleanup<std::int32_t>};
}
HTJ2K_TARGET_END
#endif
