// Inverse transforms as loops for the compiler to vectorise. Included once per instruction set, inside that
// set's namespace and target region, after lifting.inl.

// Two's complement sums that wrap. An int16_t that did leaves a negative number in `overflow`: the sum's sign
// differs from that of both summands. Wider types have room enough, so they are not looked at.
template <typename T>
T sum(T a, T b, T& overflow) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using unsigned_t = std::make_unsigned_t<T>;
    const auto result =
        static_cast<T>(static_cast<unsigned_t>(static_cast<unsigned_t>(a) + static_cast<unsigned_t>(b)));
    if constexpr (sizeof(T) == 2) overflow = static_cast<T>(overflow | ((a ^ result) & (b ^ result)));
    return result;
  }
}

template <typename T>
T difference(T a, T b, T& overflow) {
  if constexpr (std::is_floating_point_v<T>) {
    return a - b;
  } else {
    using unsigned_t = std::make_unsigned_t<T>;
    const auto result =
        static_cast<T>(static_cast<unsigned_t>(static_cast<unsigned_t>(a) - static_cast<unsigned_t>(b)));
    if constexpr (sizeof(T) == 2) overflow = static_cast<T>(overflow | ((a ^ b) & (a ^ result)));
    return result;
  }
}

// floor((a + b) / 2) without the sum, which might not fit.
template <typename T>
T half_sum(T a, T b) {
  return plus(static_cast<T>(a & b), shifted<1>(static_cast<T>(a ^ b)));
}

// floor((a + b + 2) / 4), which is the half of half the sum rounded up.
template <typename T>
T quarter_sum(T a, T b) {
  const T half = half_sum(a, b);
  return minus(half, shifted<1>(half));
}

// One inverse lifting step: alpha, beta, gamma and delta are T.800 Table F.4's, undone from the last.
template <unsigned Step, typename T>
T unlifted(T value, T before, T after, T& overflow) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T factors[4] = {0.443506852043971F, 0.882911075530934F, -0.052980118572961F,
                              -1.586134342059924F};
    return value - factors[Step] * (before + after);
  } else if constexpr (Step == 0) {
    return difference(value, quarter_sum(before, after), overflow);
  } else {
    return sum(value, half_sum(before, after), overflow);
  }
}

// Overflow is collected lane by lane and looked at once a row.
template <typename T>
struct seen_lanes {
  static constexpr std::size_t count = block_length;
  T lanes[count] = {};

  void add_to(T& overflow) const {
    if constexpr (sizeof(T) == 2) {
      T all = 0;
      for (std::size_t i = 0; i < count; ++i) all = static_cast<T>(all | lanes[i]);
      overflow = static_cast<T>(overflow | all);
    }
  }
};

template <unsigned Step, std::size_t N, typename T>
void unlift_block(const T* from, const T* before, const T* after, T* HTJ2K_RESTRICT to,
                  seen_lanes<T>& HTJ2K_RESTRICT seen) {
  for (std::size_t i = 0; i < N; ++i) to[i] = unlifted<Step>(from[i], before[i], after[i], seen.lanes[i]);
}

// `out` may be `row`, so no element is done twice; whole vectors are the caller's to care for.
template <unsigned Step, typename T>
void unlift(const T* row, const T* above, const T* below, std::size_t n, T* out, T& overflow) {
  T seen = 0;
  for (std::size_t i = 0; i < n; ++i) out[i] = unlifted<Step>(row[i], above[i], below[i], seen);
  if constexpr (sizeof(T) == 2) overflow = static_cast<T>(overflow | seen);
}

// Along a row: sample i of one parity stands between samples i - 1 + Later and i + Later of the other, which
// are mirrored at both ends. `to` is apart from what is read.
template <unsigned Step, std::size_t Later, typename T>
void unlift_along(const T* from, std::size_t n, const T* others, std::size_t num_others, T* to, T& overflow) {
  const auto at_end = [&](std::size_t i) {
    const std::size_t before = i + Later == 0 ? 0 : i + Later - 1;
    const std::size_t after = i + Later < num_others ? i + Later : num_others - 1;
    to[i] = unlifted<Step>(from[i], others[before], others[after], overflow);
  };
  const std::size_t begin = 1 - Later;
  const std::size_t end = n < num_others - Later ? n : num_others - Later;
  if (begin != 0) at_end(0);
  seen_lanes<T> seen;
  in_blocks<T>(begin, end, [&](std::size_t i, auto count) {
    unlift_block<Step, decltype(count)::value>(from + i, others + (i + Later - 1), others + (i + Later),
                                               to + i, seen);
  });
  seen.add_to(overflow);
  for (std::size_t i = end < begin ? begin : end; i < n; ++i) at_end(i);
}

template <unsigned Step, std::size_t StartsHigh, std::size_t N, typename T>
void zip_block(const T* high, const T* even, T* HTJ2K_RESTRICT row, seen_lanes<T>& HTJ2K_RESTRICT seen) {
  const T* const before = even - StartsHigh;
  const T* const after = before + 1;
  for (std::size_t i = 0; i < N; ++i) {
    const T odd = unlifted<Step>(high[i], before[i], after[i], seen.lanes[i]);
    row[2 * i] = StartsHigh != 0 ? odd : even[i];
    row[2 * i + 1] = StartsHigh != 0 ? even[i] : odd;
  }
}

// The last step along a row, and the interleaving.
template <unsigned Step, std::size_t StartsHigh, typename T>
void zip(const T* high, std::size_t highs, const T* even, std::size_t lows, T* row, T& overflow) {
  const auto odd_at = [&](std::size_t i) {
    const std::size_t before = i < StartsHigh ? 0 : i - StartsHigh;
    const std::size_t after = i + 1 - StartsHigh < lows ? i + 1 - StartsHigh : lows - 1;
    return unlifted<Step>(high[i], even[before], even[after], overflow);
  };
  const auto put_from = [&](std::size_t begin, std::size_t end) {
    for (std::size_t n = begin; n < end; ++n) row[n] = n % 2 == StartsHigh ? even[n / 2] : odd_at(n / 2);
  };
  // Of these pairs the high-pass sample has both neighbours.
  const std::size_t begin = StartsHigh, end = lows - 1 + StartsHigh;
  put_from(0, 2 * begin);
  seen_lanes<T> seen;
  in_blocks<T>(begin, end, [&](std::size_t i, auto count) {
    zip_block<Step, StartsHigh, decltype(count)::value>(high + i, even + i, row + 2 * i, seen);
  });
  seen.add_to(overflow);
  put_from(2 * end, lows + highs);
}

template <std::size_t StartsHigh, typename T>
void join_from(const T* low, const T* high, std::size_t lows, std::size_t highs, T* scratch, T* row,
               T& overflow) {
  T* const even = scratch;
  unlift_along<0, StartsHigh>(low, lows, high, highs, even, overflow);
  if constexpr (std::is_floating_point_v<T>) {
    T* const odd = even + lows;
    T* const last_even = odd + highs;
    unlift_along<1, 1 - StartsHigh>(high, highs, even, lows, odd, overflow);
    unlift_along<2, StartsHigh>(even, lows, odd, highs, last_even, overflow);
    zip<3, StartsHigh>(odd, highs, last_even, lows, row, overflow);
  } else {
    zip<1, StartsHigh>(high, highs, even, lows, row, overflow);
  }
}

template <typename T>
void join(const T* low, const T* high, std::size_t width, bool starts_high, T* scratch, T* row, T& overflow) {
  if (starts_high)
    join_from<1>(low, high, width / 2, width - width / 2, scratch, row, overflow);
  else
    join_from<0>(low, high, width - width / 2, width / 2, scratch, row, overflow);
}

// A row of a codeblock. The magnitudes of all of it are collected in `seen`.
template <typename T, typename Word>
void take_row(const Word* words, std::size_t n, unsigned shift, T* HTJ2K_RESTRICT row, Word& seen) {
  constexpr Word all_magnitude = static_cast<Word>(~Word{0}) >> 1;
  Word collected = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Word magnitude = (words[i] & all_magnitude) >> shift;
    const Word sign = Word{0} - (words[i] >> (8 * sizeof(Word) - 1));  // all ones if negative
    row[i] = static_cast<T>((magnitude ^ sign) - sign);
    collected |= magnitude;
  }
  seen |= collected;
}

inline void take_row(const std::uint32_t* words, std::size_t n, float step, float* HTJ2K_RESTRICT row) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto magnitude = static_cast<float>(static_cast<std::int32_t>(words[i] & 0x7FFFFFFFU));
    row[i] = (words[i] >> 31) != 0 ? -(magnitude * step) : magnitude * step;
  }
}

template <typename T>
void take_block(const block_transfer<T>& how, T& overflow) {
  typename block_transfer<T>::word seen = 0;
  for (std::size_t y = 0; y < how.height; ++y) {
    const auto* words = how.words + y * how.word_stride;
    T* row = how.rows + y * how.row_stride;
    if constexpr (std::is_floating_point_v<T>)
      take_row(words, how.width, how.step, row);
    else
      take_row(words, how.width, how.shift, row, seen);
  }
  if constexpr (sizeof(T) == 2)
    if (seen >= 0x8000U) overflow = -1;
}

template <std::size_t N, typename T>
void add_block(const T* row, T offset, T* HTJ2K_RESTRICT out, seen_lanes<T>& HTJ2K_RESTRICT seen) {
  for (std::size_t i = 0; i < N; ++i) out[i] = sum(row[i], offset, seen.lanes[i]);
}

template <typename T>
void add(const T* row, T offset, std::size_t n, T* out, T& overflow) {
  seen_lanes<T> seen;
  in_blocks<T>(0, n, [&](std::size_t i, auto count) {
    add_block<decltype(count)::value>(row + i, offset, out + i, seen);
  });
  seen.add_to(overflow);
}

template <typename T>
void inverse_rct_adding(const T* y, const T* u, const T* v, const T* offsets, std::size_t n,
                        T* HTJ2K_RESTRICT r, T* HTJ2K_RESTRICT g, T* HTJ2K_RESTRICT b, T& overflow) {
  const T red_offset = offsets[0], green_offset = offsets[1], blue_offset = offsets[2];
  T seen = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const T quarter = shifted<1>(half_sum(u[i], v[i]));
    const T green = difference(y[i], quarter, seen);
    g[i] = sum(green, green_offset, seen);
    r[i] = sum(sum(v[i], green, seen), red_offset, seen);
    b[i] = sum(sum(u[i], green, seen), blue_offset, seen);
  }
  if constexpr (sizeof(T) == 2) overflow = static_cast<T>(overflow | seen);
}

// The factors of equation G-12 follow from 0.299, 0.587 and 0.114.
inline void inverse_ict(float* HTJ2K_RESTRICT y, float* HTJ2K_RESTRICT cb, float* HTJ2K_RESTRICT cr,
                        std::size_t n) {
  constexpr auto cb_to_green = static_cast<float>(2 * 0.114 * (1 - 0.114) / 0.587);
  constexpr auto cr_to_green = static_cast<float>(2 * 0.299 * (1 - 0.299) / 0.587);
  for (std::size_t i = 0; i < n; ++i) {
    const float luma = y[i], blue = cb[i], red = cr[i];
    y[i] = luma + static_cast<float>(2 * (1 - 0.299)) * red;
    cb[i] = luma - cr_to_green * red - cb_to_green * blue;
    cr[i] = luma + static_cast<float>(2 * (1 - 0.114)) * blue;
  }
}

inline void round_clamped(const float* row, float gain, unsigned bit_depth, std::int32_t offset,
                          std::size_t n, std::int32_t* HTJ2K_RESTRICT out) {
  const auto bound = static_cast<float>(std::uint64_t{1} << (bit_depth - 1));
  const auto largest = static_cast<std::int32_t>((std::uint64_t{1} << (bit_depth - 1)) - 1);
  // The largest float below `bound`, or the integer below it if that is less.
  const float below = bound - (bit_depth > 25 ? bound / 16777216.0F : 1.0F);
  constexpr float no_fraction = 8388608.0F;  // floats from 2^23 on are integers
  for (std::size_t i = 0; i < n; ++i) {
    const float value = row[i] * gain;
    const float magnitude = value < 0 ? -value : value;
    const float pushed = (magnitude + no_fraction) - no_fraction;  // rounds to nearest, ties to even
    const float nearest = magnitude < no_fraction ? pushed : magnitude;
    const float with_sign = value < 0 ? -nearest : nearest;
    const float low = with_sign > -bound ? with_sign : -bound;
    const auto whole = static_cast<std::int32_t>(low < below ? low : below);
    const std::int32_t clamped = with_sign >= bound ? largest : whole;
    out[i] =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(clamped) + static_cast<std::uint32_t>(offset));
  }
}

template <typename T>
constexpr synthesis_kernels<T> make_synthesis_kernels() {
  if constexpr (std::is_floating_point_v<T>)
    return {&take_block<T>,
            {&unlift<0, T>, &unlift<1, T>, &unlift<2, T>, &unlift<3, T>},
            &join<T>,
            nullptr,
            nullptr};
  else
    return {&take_block<T>,
            {&unlift<0, T>, &unlift<1, T>, nullptr, nullptr},
            &join<T>,
            &add<T>,
            &inverse_rct_adding<T>};
}

constexpr irreversible_kernels make_irreversible_kernels() { return {&inverse_ict, &round_clamped}; }
