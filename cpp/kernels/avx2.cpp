// AVX2 and BMI2: 256-bit vectors of two lanes. Only crc32 needs VPCLMULQDQ.
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

HTJ2K_TARGET_BEGIN("avx2,bmi,bmi2,pclmul,vpclmulqdq")
namespace htj2k::kernels::avx2 {
namespace {

#include "kernels/lane_x86.inl"

struct vector {
  static constexpr std::size_t size = 32;
  __m256i bits;

  static vector load(const std::uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
  }
  static vector from_register(std::uint32_t reg) {
    return {_mm256_zextsi128_si256(lane::from_register(reg).bits)};
  }
  template <typename Fold>
  static vector factors() {
    return {_mm256_broadcastsi128_si256(lane::factors<Fold>().bits)};
  }
  vector operator^(vector other) const { return {_mm256_xor_si256(bits, other.bits)}; }
  vector times(vector f) const {
    return {_mm256_xor_si256(_mm256_clmulepi64_epi128(bits, f.bits, 0x00),
                             _mm256_clmulepi64_epi128(bits, f.bits, 0x11))};
  }
  // The first lane stands 16 bytes before the second.
  lane folded() const {
    const lane first{_mm256_castsi256_si128(bits)}, second{_mm256_extracti128_si256(bits, 1)};
    return first.times(lane::factors<crc32_fold<16>>()) ^ second;
  }
};

HTJ2K_INLINE __m256 two_lanes(const std::int32_t* first, const std::int32_t* second) {
  const __m256i a = _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(first)));
  const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(second));
  return _mm256_castsi256_ps(_mm256_inserti128_si256(a, b, 1));
}
HTJ2K_INLINE void store(std::int32_t* to, __m256 bits) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_castps_si256(bits));
}

// For lifting.inl. GCC permutes across lanes here, which takes three times as long.
template <std::size_t N>
void split_block(const std::int32_t* row, std::int32_t* HTJ2K_RESTRICT first,
                 std::int32_t* HTJ2K_RESTRICT second) {
  if constexpr (N == 1) {
    *first = row[0];
    *second = row[1];
  }
  for (std::size_t i = 0; i + 8 <= N; i += 8) {
    const __m256 a = two_lanes(row + 2 * i, row + 2 * i + 8);
    const __m256 b = two_lanes(row + 2 * i + 4, row + 2 * i + 12);
    store(first + i, _mm256_shuffle_ps(a, b, 0x88));
    store(second + i, _mm256_shuffle_ps(a, b, 0xDD));
  }
}

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
}  // namespace htj2k::kernels::avx2

namespace htj2k::kernels {
constexpr implementation avx2_implementation{"avx2",
                                             &avx2::crc32_folding<4>,
                                             avx2::make_line_kernels<std::int16_t>(),
                                             avx2::make_line_kernels<std::int32_t>(),
                                             avx2::make_line_kernels<std::int64_t>(),
                                             avx2::make_synthesis_kernels<std::int16_t>(),
                                             avx2::make_synthesis_kernels<std::int32_t>(),
                                             avx2::make_synthesis_kernels<std::int64_t>(),
                                             avx2::make_synthesis_kernels<float>(),
                                             avx2::make_irreversible_kernels(),
                                             &avx2::encode_cleanup<std::int16_t>,
                                             &avx2::encode_cleanup<std::int32_t>,
                                             &avx2::decode_cleanup<std::int16_t>,
                                             &avx2::decode_cleanup<std::int32_t>};
}
HTJ2K_TARGET_END
#endif
