// A 128-bit lane on x86: what folding (crc32_fold.inl) and interleaving (interleave.inl) are written in.
// Included inside an instruction set's namespace and target region, which must have SSE4.1 and PCLMULQDQ.

struct lane {
  static constexpr std::size_t size = 16;
  __m128i bits;

  static lane load(const std::uint8_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
  void store(std::uint8_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bits); }
  static lane from_register(std::uint32_t reg) { return {_mm_cvtsi32_si128(static_cast<int>(reg))}; }
  template <typename Fold>
  static lane factors() {
    return {_mm_set_epi64x(static_cast<long long>(Fold::last), static_cast<long long>(Fold::first))};
  }
  lane operator^(lane other) const { return {_mm_xor_si128(bits, other.bits)}; }
  lane times(lane f) const {
    return {
        _mm_xor_si128(_mm_clmulepi64_si128(bits, f.bits, 0x00), _mm_clmulepi64_si128(bits, f.bits, 0x11))};
  }
  // Byte i of the result is byte indices[i] of this, or zero where the index is 0x80.
  lane shuffled(lane indices) const { return {_mm_shuffle_epi8(bits, indices.bits)}; }
  template <int Index>
  std::uint32_t word() const {
    return static_cast<std::uint32_t>(_mm_extract_epi32(bits, Index));
  }
  lane folded() const { return *this; }
};
