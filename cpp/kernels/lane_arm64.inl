// A 128-bit lane on 64-bit ARM; see lane_x86.inl. The target region must have PMULL.

struct lane {
  static constexpr std::size_t size = 16;
  uint8x16_t bytes;

  static lane load(const std::uint8_t* p) { return {vld1q_u8(p)}; }
  void store(std::uint8_t* p) const { vst1q_u8(p, bytes); }
  static lane from_register(std::uint32_t reg) {
    return {vreinterpretq_u8_u32(vsetq_lane_u32(reg, vdupq_n_u32(0), 0))};
  }
  template <typename Fold>
  static lane factors() {
    return {vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(Fold::first), vcreate_u64(Fold::last)))};
  }
  lane operator^(lane other) const { return {veorq_u8(bytes, other.bytes)}; }
  lane times(lane f) const {
    const poly64x2_t a = vreinterpretq_p64_u8(bytes), b = vreinterpretq_p64_u8(f.bytes);
    const auto first = vmull_p64(vgetq_lane_p64(a, 0), vgetq_lane_p64(b, 0));
    const auto last = vmull_high_p64(a, b);
    return {veorq_u8(vreinterpretq_u8_p128(first), vreinterpretq_u8_p128(last))};
  }
  // Byte i of the result is byte indices[i] of this, or zero where the index is 0x80.
  lane shuffled(lane indices) const { return {vqtbl1q_u8(bytes, indices.bytes)}; }
  template <int Index>
  std::uint32_t word() const {
    return vgetq_lane_u32(vreinterpretq_u32_u8(bytes), Index);
  }
  lane folded() const { return *this; }
};
