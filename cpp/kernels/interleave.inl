// Interleaving by byte shuffles, as compilers do not find them. Included once per instruction set, inside
// that set's namespace and target region, after class `lane`. Both take whole vectors only and return how
// many pixels that were; the caller does the rest.

template <std::size_t Count>
inline lane gather(const lane (&from)[Count], const std::uint8_t (&indices)[Count][16]) {
  lane sum = from[0].shuffled(lane::load(indices[0]));
  for (std::size_t i = 1; i < Count; ++i) sum = sum ^ from[i].shuffled(lane::load(indices[i]));
  return sum;
}

// Component c stands at samples + c * distance.
template <std::size_t Components, typename Raw>
inline std::size_t interleave(const Raw* samples, std::size_t distance, std::size_t n, std::uint8_t* pixels) {
  constexpr auto& indices = interleave_table<Components, sizeof(Raw)>.to_pixels;
  constexpr std::size_t step = lane::size / sizeof(Raw);
  std::size_t i = 0;
  for (; i + step <= n; i += step, pixels += Components * lane::size) {
    lane from[Components];
    for (std::size_t c = 0; c < Components; ++c)
      from[c] = lane::load(reinterpret_cast<const std::uint8_t*>(samples + c * distance + i));
    for (std::size_t to = 0; to < Components; ++to) gather(from, indices[to]).store(pixels + to * lane::size);
  }
  return i;
}

template <std::size_t Components, typename Raw>
inline std::size_t deinterleave(const std::uint8_t* pixels, std::size_t n, Raw* samples,
                                std::size_t distance) {
  constexpr auto& indices = interleave_table<Components, sizeof(Raw)>.to_components;
  constexpr std::size_t step = lane::size / sizeof(Raw);
  std::size_t i = 0;
  for (; i + step <= n; i += step, pixels += Components * lane::size) {
    lane from[Components];
    for (std::size_t k = 0; k < Components; ++k) from[k] = lane::load(pixels + k * lane::size);
    for (std::size_t c = 0; c < Components; ++c)
      gather(from, indices[c]).store(reinterpret_cast<std::uint8_t*>(samples + c * distance + i));
  }
  return i;
}
