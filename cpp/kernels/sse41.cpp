// SSE4.1 and PCLMULQDQ: 128-bit vectors.
#include "kernels/implementations.hpp"

#if HTJ2K_X86
#include <immintrin.h>

#include <cstring>
#include <type_traits>

#include "kernels/crc32.hpp"

HTJ2K_TARGET_BEGIN("sse4.1,pclmul")
namespace htj2k::kernels::sse41 {
namespace {

struct vector {
  static constexpr std::size_t size = 16;
  __m128i bits;

  static vector load(const std::uint8_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
  static vector from_register(std::uint32_t reg) { return {_mm_cvtsi32_si128(static_cast<int>(reg))}; }
  template <typename Fold>
  static vector factors() {
    return {_mm_set_epi64x(static_cast<long long>(Fold::last), static_cast<long long>(Fold::first))};
  }
  vector operator^(vector other) const { return {_mm_xor_si128(bits, other.bits)}; }
  vector times(vector f) const {
    return {
        _mm_xor_si128(_mm_clmulepi64_si128(bits, f.bits, 0x00), _mm_clmulepi64_si128(bits, f.bits, 0x11))};
  }
  void store_folded(std::uint8_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bits); }
};

#include "kernels/crc32_fold.inl"
#include "kernels/lines.inl"

}  // namespace
}  // namespace htj2k::kernels::sse41

namespace htj2k::kernels {
constexpr implementation sse41_implementation{"sse41", &sse41::crc32_folding<4>,
                                              sse41::make_line_kernels<std::int32_t>(),
                                              sse41::make_line_kernels<std::int64_t>()};
}
HTJ2K_TARGET_END
#endif
