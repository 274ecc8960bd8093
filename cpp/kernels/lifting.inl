// The forward lifting steps, and how loops are cut into whole vectors. Included once per instruction set,
// inside that set's namespace and target region. `>>` of a negative number rounds down (every compiler; C++20
// demands it), which is the floor of the standard.

// In T, not in the int that C++ promotes to: else 16-bit lanes would be widened for every sum.
template <typename T>
T plus(T a, T b) {
  return static_cast<T>(a + b);
}
template <typename T>
T minus(T a, T b) {
  return static_cast<T>(a - b);
}
template <int Bits, typename T>
T shifted(T a) {
  return static_cast<T>(a >> Bits);
}

template <typename T>
T high_pass(T odd, T even0, T even1) {
  return minus(odd, shifted<1>(plus(even0, even1)));
}
template <typename T>
T low_pass(T even, T high0, T high1) {
  return plus(even, shifted<2>(plus(plus(high0, high1), T{2})));
}

template <typename T>
void predict(const T* even0, const T* even1, const T* odd, T* HTJ2K_RESTRICT high, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) high[i] = high_pass(odd[i], even0[i], even1[i]);
}

template <typename T>
void update(const T* even, const T* high0, const T* high1, T* HTJ2K_RESTRICT low, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) low[i] = low_pass(even[i], high0[i], high1[i]);
}

template <typename T>
void lift(T* HTJ2K_RESTRICT even, const T* HTJ2K_RESTRICT next_even, const T* HTJ2K_RESTRICT odd,
          T* HTJ2K_RESTRICT high, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const T next_high = high_pass(odd[i], even[i], next_even[i]);
    even[i] = low_pass(even[i], high[i], next_high);
    high[i] = next_high;
  }
}

// Elements that one go takes. Whole vectors of any type, and more than 16: GCC unrolls shorter loops into
// single elements and shuffles those.
constexpr std::size_t block_length = 32;

// Calls `run(i, N)` for N elements from i on, N being a constant, until [begin, end) is done. Calls overlap
// rather than leave single elements over, and after the first i is a multiple of N, so that results are
// stored to whole vectors. What is done twice must not change what it reads.
template <std::size_t N, typename Run>
void in_blocks_of(std::size_t begin, std::size_t end, Run run) {
  constexpr std::integral_constant<std::size_t, N> count;
  run(begin, count);
  for (begin = begin / N * N + N; begin + N <= end; begin += N) run(begin, count);
  if (begin < end) run(end - N, count);
}

template <typename T, typename Run>
void in_blocks(std::size_t begin, std::size_t end, Run run) {
  constexpr std::size_t most = block_length, half = most / 2, few = most / 4;
  if (begin + most <= end)
    in_blocks_of<most>(begin, end, run);
  else if (begin + half <= end)
    in_blocks_of<half>(begin, end, run);
  else if (begin + few <= end)
    in_blocks_of<few>(begin, end, run);
  else if (begin < end)
    in_blocks_of<1>(begin, end, run);
}

// Samples of both parities apart; the first of `row` is the first of `first`.
template <std::size_t N, typename T>
void split_block(const T* row, T* HTJ2K_RESTRICT first, T* HTJ2K_RESTRICT second) {
  for (std::size_t i = 0; i < N; ++i) {
    first[i] = row[2 * i];
    second[i] = row[2 * i + 1];
  }
}

template <typename T>
void split(const T* row, std::size_t width, T* first, T* second) {
  in_blocks<T>(0, width / 2, [&](std::size_t i, auto count) {
    split_block<decltype(count)::value>(row + 2 * i, first + i, second + i);
  });
  if (width % 2 != 0) first[width / 2] = row[width - 1];
}

template <typename T>
using lifting_step = T (*)(T value, T before, T after);

template <typename T, lifting_step<T> Step, std::size_t N>
void lift_block(const T* from, const T* before, const T* after, T* HTJ2K_RESTRICT to) {
  for (std::size_t i = 0; i < N; ++i) to[i] = Step(from[i], before[i], after[i]);
}

// One step along a row: sample i of one parity stands between samples i - 1 + Later and i + Later of the
// other, which are mirrored at both ends (F.4.7). `to` is apart from what is read.
template <typename T, lifting_step<T> Step, std::size_t Later>
void lift_along(const T* from, std::size_t n, const T* others, std::size_t num_others, T* to) {
  const std::size_t begin = 1 - Later;
  const std::size_t end = n < num_others - Later ? n : num_others - Later;
  if (begin != 0) to[0] = Step(from[0], others[0], others[0]);
  in_blocks<T>(begin, end, [&](std::size_t i, auto count) {
    lift_block<T, Step, decltype(count)::value>(from + i, others + (i + Later - 1), others + (i + Later),
                                                to + i);
  });
  const T last = others[num_others - 1];
  for (std::size_t i = end < begin ? begin : end; i < n; ++i) to[i] = Step(from[i], last, last);
}

// Of a row of at least two samples. `even` and `odd` are scratch; `odd` may be `low`.
template <std::size_t StartsHigh, typename T>
void lift_row(const T* row, std::size_t width, T* even, T* odd, T* low, T* high) {
  const std::size_t lows = (width + 1 - StartsHigh) / 2, highs = width - lows;
  split(row, width, StartsHigh ? odd : even, StartsHigh ? even : odd);
  lift_along<T, high_pass<T>, 1 - StartsHigh>(odd, highs, even, lows, high);
  lift_along<T, low_pass<T>, StartsHigh>(even, lows, high, highs, low);
}

template <typename T>
void horizontal(const T* row, std::size_t width, bool starts_high, T* scratch, T* low, T* high) {
  T* const rest = scratch + width / 2 + 1;
  if (width > 1) return (starts_high ? lift_row<1, T> : lift_row<0, T>)(row, width, scratch, rest, low, high);
  if (starts_high)
    high[0] = plus(row[0], row[0]);
  else
    low[0] = row[0];
}

template <typename T>
void horizontal_low(const T* row, std::size_t width, T* scratch, T* low) {
  if (width > 1) return lift_row<0>(row, width, scratch, low, low, scratch + width / 2 + 1);
  low[0] = row[0];
}
