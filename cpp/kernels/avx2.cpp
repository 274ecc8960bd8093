// AVX2 and VPCLMULQDQ: 256-bit vectors of two lanes.
#include "kernels/implementations.hpp"

#if HTJ2K_X86
#include <immintrin.h>

#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"

HTJ2K_TARGET_BEGIN("avx2,pclmul,vpclmulqdq")
namespace htj2k::kernels::avx2 {
namespace {

struct vector {
  static constexpr std::size_t size = 32;
  __m256i bits;

  static vector load(const std::uint8_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
  }
  static vector from_register(std::uint32_t reg) {
    return {_mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(reg)))};
  }
  template <typename Fold>
  static __m128i lane_factors() {
    return _mm_set_epi64x(static_cast<long long>(Fold::last), static_cast<long long>(Fold::first));
  }
  template <typename Fold>
  static vector factors() {
    return {_mm256_broadcastsi128_si256(lane_factors<Fold>())};
  }
  vector operator^(vector other) const { return {_mm256_xor_si256(bits, other.bits)}; }
  vector times(vector f) const {
    return {_mm256_xor_si256(_mm256_clmulepi64_epi128(bits, f.bits, 0x00),
                             _mm256_clmulepi64_epi128(bits, f.bits, 0x11))};
  }
  // The first lane stands 16 bytes before the second.
  void store_folded(std::uint8_t* p) const {
    const __m128i lane = _mm256_castsi256_si128(bits);
    const __m128i f = lane_factors<crc32_fold<16>>();
    const __m128i moved =
        _mm_xor_si128(_mm_clmulepi64_si128(lane, f, 0x00), _mm_clmulepi64_si128(lane, f, 0x11));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_xor_si128(moved, _mm256_extracti128_si256(bits, 1)));
  }
};

#include "kernels/crc32_fold.inl"
#include "kernels/lines.inl"

}  // namespace
}  // namespace htj2k::kernels::avx2

namespace htj2k::kernels {
constexpr implementation avx2_implementation{"avx2", &avx2::crc32_folding<4>,
                                             avx2::make_line_kernels<std::int32_t>(),
                                             avx2::make_line_kernels<std::int64_t>()};
}
HTJ2K_TARGET_END
#endif
