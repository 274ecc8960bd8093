// Loops over rows, written for the compiler to vectorise. Included once per instruction set, inside that
// set's namespace and target region, after lifting.inl.

template <typename T>
void forward_rct(T* HTJ2K_RESTRICT r, T* HTJ2K_RESTRICT g, T* HTJ2K_RESTRICT b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const T red = r[i], green = g[i], blue = b[i];
    r[i] = shifted<2>(plus(plus(red, blue), plus(green, green)));
    g[i] = minus(blue, green);
    b[i] = minus(red, green);
  }
}

template <typename T>
void inverse_rct(T* HTJ2K_RESTRICT y, T* HTJ2K_RESTRICT u, T* HTJ2K_RESTRICT v, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const T chroma_b = u[i], chroma_r = v[i];
    const T green = minus(y[i], shifted<2>(plus(chroma_b, chroma_r)));
    y[i] = plus(chroma_r, green);
    u[i] = green;
    v[i] = plus(chroma_b, green);
  }
}

template <typename T>
void extend_range(const T* row, std::size_t n, T& low, T& high) {
  T smallest = low, largest = high;
  for (std::size_t i = 0; i < n; ++i) {
    smallest = row[i] < smallest ? row[i] : smallest;
    largest = row[i] > largest ? row[i] : largest;
  }
  low = smallest;
  high = largest;
}

template <typename T>
void copy_extending_range(const std::int32_t* line, std::size_t n, T* HTJ2K_RESTRICT row, std::int32_t& low,
                          std::int32_t& high) {
  std::int32_t smallest = low, largest = high;
  for (std::size_t i = 0; i < n; ++i) {
    smallest = line[i] < smallest ? line[i] : smallest;
    largest = line[i] > largest ? line[i] : largest;
    row[i] = static_cast<T>(line[i]);
  }
  low = smallest;
  high = largest;
}

// A template on the size, not on shifts, so that 1-byte samples cost nothing.
template <typename Raw>
Raw reverse_bytes(Raw value) {
  if constexpr (sizeof(Raw) == 1) {
    return value;
  } else if constexpr (sizeof(Raw) == 2) {
    return static_cast<Raw>((value << 8) | (value >> 8));
  } else {
    return (value << 24) | ((value & 0xFF00u) << 8) | ((value >> 8) & 0xFF00u) | (value >> 24);
  }
}

// memcpy because numpy arrays need not be aligned; compilers make plain moves of it.
template <typename Sample, bool Swap, typename T>
void load_strided(const std::uint8_t* samples, std::ptrdiff_t stride, std::size_t n, T* HTJ2K_RESTRICT row) {
  for (std::size_t i = 0; i < n; ++i, samples += stride) {
    std::make_unsigned_t<Sample> raw;
    std::memcpy(&raw, samples, sizeof raw);
    if constexpr (Swap) raw = reverse_bytes(raw);
    row[i] = static_cast<T>(static_cast<Sample>(raw));
  }
}

template <typename Sample, typename T>
void load(const std::uint8_t* samples, std::ptrdiff_t stride, std::size_t n, bool swap, T* row) {
  constexpr auto contiguous = static_cast<std::ptrdiff_t>(sizeof(Sample));
  if (swap) {
    load_strided<Sample, true>(samples, stride, n, row);
  } else if (stride == contiguous) {
    load_strided<Sample, false>(samples, contiguous, n, row);  // a known stride, which vectorises
  } else {
    load_strided<Sample, false>(samples, stride, n, row);
  }
}

// Enough pixels at a time to fill vectors, few enough for the stack.
constexpr std::size_t pixels_at_a_time = 256;

// The reverse of pack, for samples in this machine's byte order.
template <std::size_t Components, typename Sample, typename T>
void unpack_interleaved(const std::uint8_t* pixels, std::size_t n, T* const* rows) {
  constexpr std::size_t bytes = Components * sizeof(Sample);
  Sample samples[Components][pixels_at_a_time];
  for (std::size_t start = 0; start < n; start += pixels_at_a_time) {
    const std::size_t count = n - start < pixels_at_a_time ? n - start : pixels_at_a_time;
    const std::uint8_t* from = pixels + start * bytes;
    const std::size_t done = deinterleave<Components>(from, count, samples[0], pixels_at_a_time);
    for (std::size_t c = 0; c < Components; ++c) {
      for (std::size_t i = 0; i < done; ++i) rows[c][start + i] = static_cast<T>(samples[c][i]);
      load_strided<Sample, false>(from + done * bytes + c * sizeof(Sample), bytes, count - done,
                                  rows[c] + start + done);
    }
  }
}

template <typename Sample, typename T>
void unpack(const std::uint8_t* pixels, std::size_t components, std::size_t n, T* const* rows) {
  switch (components) {
    case 1:
      return load_strided<Sample, false>(pixels, sizeof(Sample), n, rows[0]);
    case 2:
      return unpack_interleaved<2, Sample>(pixels, n, rows);
    case 3:
      return unpack_interleaved<3, Sample>(pixels, n, rows);
    case 4:
      return unpack_interleaved<4, Sample>(pixels, n, rows);
    default:
      break;
  }
  const auto stride = static_cast<std::ptrdiff_t>(components * sizeof(Sample));
  for (std::size_t c = 0; c < components; ++c)
    load_strided<Sample, false>(pixels + c * sizeof(Sample), stride, n, rows[c]);
}

template <typename Raw, typename T>
Raw clamped(T value, T low, T high) {
  value = value < low ? low : value;
  value = value > high ? high : value;
  return static_cast<Raw>(value);
}

template <typename Raw, typename T>
void narrow(const T* row, std::size_t n, T low, T high, Raw* HTJ2K_RESTRICT samples) {
  for (std::size_t i = 0; i < n; ++i) samples[i] = clamped<Raw>(row[i], low, high);
}

template <typename Raw, typename T>
void store_contiguous(const T* row, std::size_t n, T low, T high, std::uint8_t* HTJ2K_RESTRICT out) {
  for (std::size_t i = 0; i < n; ++i) {
    const Raw raw = clamped<Raw>(row[i], low, high);
    std::memcpy(out + i * sizeof raw, &raw, sizeof raw);
  }
}

// Only the last step, the scattering, goes sample by sample.
template <typename Raw, typename T>
void store(const T* row, std::size_t n, T low, T high, std::uint8_t* out, std::ptrdiff_t stride) {
  if (stride == sizeof(Raw)) return store_contiguous<Raw>(row, n, low, high, out);
  Raw samples[pixels_at_a_time];
  for (std::size_t start = 0; start < n; start += pixels_at_a_time) {
    const std::size_t count = n - start < pixels_at_a_time ? n - start : pixels_at_a_time;
    narrow(row + start, count, low, high, samples);
    for (std::size_t i = 0; i < count; ++i, out += stride) std::memcpy(out, &samples[i], sizeof(Raw));
  }
}

template <std::size_t Components, typename Raw, typename T>
void pack_interleaved(const T* const* rows, std::size_t n, T low, T high, std::uint8_t* pixels) {
  constexpr std::size_t bytes = Components * sizeof(Raw);
  Raw samples[Components][pixels_at_a_time];
  for (std::size_t start = 0; start < n; start += pixels_at_a_time) {
    const std::size_t count = n - start < pixels_at_a_time ? n - start : pixels_at_a_time;
    std::uint8_t* to = pixels + start * bytes;
    for (std::size_t c = 0; c < Components; ++c) narrow(rows[c] + start, count, low, high, samples[c]);
    const std::size_t done = interleave<Components>(samples[0], pixels_at_a_time, count, to);
    for (std::size_t i = done; i < count; ++i)
      for (std::size_t c = 0; c < Components; ++c)
        std::memcpy(to + i * bytes + c * sizeof(Raw), &samples[c][i], sizeof(Raw));
  }
}

template <typename Raw, typename T>
void pack(const T* const* rows, std::size_t components, std::size_t n, T low, T high, std::uint8_t* out) {
  switch (components) {
    case 1:
      return store_contiguous<Raw>(rows[0], n, low, high, out);
    case 2:
      return pack_interleaved<2, Raw>(rows, n, low, high, out);
    case 3:
      return pack_interleaved<3, Raw>(rows, n, low, high, out);
    case 4:
      return pack_interleaved<4, Raw>(rows, n, low, high, out);
    default:
      break;
  }
  const auto stride = static_cast<std::ptrdiff_t>(components * sizeof(Raw));
  for (std::size_t c = 0; c < components; ++c)
    store<Raw>(rows[c], n, low, high, out + c * sizeof(Raw), stride);
}

// Kernels for samples of up to 2 bytes, the others null: rows of int16_t hold no more.
template <typename T>
constexpr line_kernels<T> make_narrow_kernels() {
  return {
      &predict<T>,
      &update<T>,
      &lift<T>,
      &horizontal_low<T>,
      &horizontal<T>,
      &forward_rct<T>,
      &inverse_rct<T>,
      &extend_range<T>,
      &copy_extending_range<T>,
      {{&load<std::uint8_t, T>, &load<std::uint16_t, T>}, {&load<std::int8_t, T>, &load<std::int16_t, T>}},
      {{&unpack<std::uint8_t, T>, &unpack<std::uint16_t, T>},
       {&unpack<std::int8_t, T>, &unpack<std::int16_t, T>}},
      {&store<std::uint8_t, T>, &store<std::uint16_t, T>},
      {&pack<std::uint8_t, T>, &pack<std::uint16_t, T>}};
}

template <typename T>
constexpr line_kernels<T> make_line_kernels() {
  line_kernels<T> kernels = make_narrow_kernels<T>();
  if constexpr (sizeof(T) > 2) {
    kernels.load[0][2] = &load<std::uint32_t, T>;
    kernels.load[1][2] = &load<std::int32_t, T>;
    kernels.unpack[0][2] = &unpack<std::uint32_t, T>;
    kernels.unpack[1][2] = &unpack<std::int32_t, T>;
    kernels.store[2] = &store<std::uint32_t, T>;
    kernels.pack[2] = &pack<std::uint32_t, T>;
  }
  return kernels;
}
