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
// are folded into one, a vector into one lane, and that takes in what is left lane by lane. Bytes that do not
// fill a lane enter at the end of one. No tables: they would push the caller's rows out of the cache.

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

// Of a lane and up to 15 bytes after it, which stand before `stop`. The first of the lane's bytes are folded
// over those that move up; nothing before the lane is read, as `stop` has at least 16 bytes before it.
inline lane with_rest(lane sum, const std::uint8_t* stop, std::size_t size) {
  // From index n on: 16 - n times nothing, then the first n bytes; from 16 + n on: all but these.
  static constexpr std::uint8_t moves[48] = {
      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
      0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
  const lane to_end = lane::load(moves + size);
  const lane rest =
      lane::load(stop - lane::size).shuffled(lane::load(moves + lane::size + (lane::size - size)));
  return sum.shuffled(to_end).times(lane::factors<crc32_fold<lane::size>>()) ^
         sum.shuffled(lane::load(moves + lane::size + size)) ^ rest.shuffled(to_end);
}

// M(x) * x^32 mod P of the 16 bytes M. Folding takes it to 96 and to 64 bits; of these, U * x^32 + V,
// Barrett's reduction takes U * x^32 mod P from the quotient floor(x^64 / P), which is exact for polynomials.
inline std::uint32_t register_of(lane sum) {
  static constexpr std::uint8_t last_8_up_4[16] = {0x80, 0x80, 0x80, 0x80, 8,    9,    10,   11,
                                                   12,   13,   14,   15,   0x80, 0x80, 0x80, 0x80};
  static constexpr std::uint8_t last_8[16] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                              8,    9,    10,   11,   12,   13,   14,   15};
  static constexpr std::uint8_t third_4[16] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                               8,    9,    10,   11,   0x80, 0x80, 0x80, 0x80};
  static constexpr std::uint8_t first_4[16] = {0,    1,    2,    3,    0x80, 0x80, 0x80, 0x80,
                                               0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
  using to_96 = crc32_factors<crc32_word_x_to_the(95), 0>;
  using to_64 = crc32_factors<crc32_word_x_to_the(63), 0>;
  using by_quotient = crc32_factors<0, crc32_word_of_quotient()>;
  using by_polynomial = crc32_factors<crc32_word_of_polynomial, 0>;
  const auto times = [](lane a, auto factors) { return a.times(lane::factors<decltype(factors)>()); };
  const lane of_96 = times(sum, to_96()) ^ sum.shuffled(lane::load(last_8_up_4));
  const lane of_64 = times(of_96, to_64()) ^ of_96.shuffled(lane::load(last_8));
  const lane quotient =
      times(of_64.shuffled(lane::load(third_4)), by_quotient()).shuffled(lane::load(first_4));
  return times(quotient, by_polynomial()).word<1>() ^ of_64.word<3>();
}

template <std::size_t Count>
std::uint32_t crc32_folding(std::uint32_t crc, const std::uint8_t* data, std::size_t size) {
  std::uint32_t reg = ~crc;
  if (size < lane::size) return ~crc32_register(reg, data, size);
  lane sum;
  if (size < vector::size) {
    sum = lane::load(data) ^ lane::from_register(reg);
    data += lane::size, size -= lane::size;
  } else {
    vector wide = size >= 2 * Count * vector::size ? fold_side_by_side<Count>(reg, data, size)
                                                   : fold_side_by_side<1>(reg, data, size);
    const vector neighbour = vector::factors<crc32_fold<vector::size>>();
    for (; size >= vector::size; data += vector::size, size -= vector::size)
      wide = wide.times(neighbour) ^ vector::load(data);
    sum = wide.folded();
  }
  const lane neighbour = lane::factors<crc32_fold<lane::size>>();
  for (; size >= lane::size; data += lane::size, size -= lane::size)
    sum = sum.times(neighbour) ^ lane::load(data);
  if (size != 0) sum = with_rest(sum, data + size, size);
  return ~register_of(sum);
}
