// CRC-32 by folding with carry-less multiplication. Included once per instruction set, inside that set's
// namespace and target region, after a class `vector` of one or more 128-bit lanes.
//
// The CRC of a message M is M(x) * x^32 mod P. M may be replaced by anything congruent to it mod P, and
// folding makes it shorter: 16 bytes A that stand D bits before other 16 bytes B contribute A * x^D, so both
// become the 16 bytes of (A * x^D mod P) + B. With A = L * x^64 + H, L being the first 8 bytes,
//     A * x^D = L * (x^(D+64) mod P) + H * (x^D mod P)       (mod P)
// and each product of a 64-bit and a 32-bit factor fits in 128 bits.
//
// In the reflected order bit i of a 64-bit word stands for x^(63-i) and bit i of a 128-bit word for
// x^(127-i). The multiplication adds bit numbers, so bit i times bit j, x^(126-i-j), lands in bit i+j, which
// stands for x^(127-i-j): a factor x too many. The constants are x^(D+63) and x^(D-1) to take it back, 32-bit
// words moved up by 32 (crc32_fold) because x^j is bit 31-j of a 32-bit word and bit 63-j of a 64-bit one.
//
// Several vectors are folded side by side so that the multiplier never waits for its own result; then they
// are folded into one, a vector into one lane, and the table takes the CRC of the last 16 bytes and what
// follows them.

// Reduces the whole blocks of Count vectors to one vector; `reg` enters the first four bytes.
template <std::size_t Count>
inline vector fold_side_by_side(std::uint32_t reg, const std::uint8_t*& data, std::size_t& size) {
  constexpr std::size_t block = Count * vector::size;
  vector sums[Count];
  for (std::size_t i = 0; i < Count; ++i) sums[i] = vector::load(data + i * vector::size);
  sums[0] = sums[0] ^ vector::from_register(reg);
  const vector factors = vector::factors<crc32_fold<block>>();
  for (data += block, size -= block; size >= block; data += block, size -= block)
    for (std::size_t i = 0; i < Count; ++i)
      sums[i] = sums[i].times(factors) ^ vector::load(data + i * vector::size);
  const vector neighbour = vector::factors<crc32_fold<vector::size>>();
  for (std::size_t i = 1; i < Count; ++i) sums[i] = sums[i - 1].times(neighbour) ^ sums[i];
  return sums[Count - 1];
}

template <std::size_t Count>
std::uint32_t crc32_folding(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t reg = ~crc;
  if (size >= 2 * vector::size) {
    vector sum = size >= 2 * Count * vector::size ? fold_side_by_side<Count>(reg, data, size)
                                                  : fold_side_by_side<1>(reg, data, size);
    const vector neighbour = vector::factors<crc32_fold<vector::size>>();
    for (; size >= vector::size; data += vector::size, size -= vector::size)
      sum = sum.times(neighbour) ^ vector::load(data);
    std::uint8_t last[16];
    sum.store_folded(last);
    reg = crc32_register(0, last, sizeof last);
  }
  return ~crc32_register(reg, data, size);
}
