#include "core/native/cleanup_decoder.hpp"

#include "core/native/cleanup_tables.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::native {
template <typename T>
bool cleanup_decoder::decode(const std::uint8_t* bytes, std::size_t size, std::size_t width,
                             std::size_t height, unsigned num_planes, T* rows, std::size_t row_stride) {
  const auto decode_cleanup = kernels::active().decode_cleanup<T>();
  const kernels::cleanup_tables* const tables = cleanup_tables();
  if (decode_cleanup == nullptr || tables == nullptr || size < 2) return false;
  // MEL forwards and VLC backwards share the last `suffix` bytes, of which the last 12 bits say how many they
  // are.
  const std::size_t suffix = std::size_t{bytes[size - 1]} << 4 | (bytes[size - 2] & 15);
  if (suffix < 2 || suffix > size || suffix > 4079) return false;
  kernels::cleanup_block<T> block;
  block.tables = tables;
  block.memory = &memory_;
  block.segments = {bytes, size - suffix, bytes + size - suffix, suffix - 1};
  block.width = width;
  block.height = height;
  block.num_planes = num_planes;
  block.rows = rows;
  block.row_stride = row_stride;
  return decode_cleanup(block);
}

template bool cleanup_decoder::decode(const std::uint8_t*, std::size_t, std::size_t, std::size_t, unsigned,
                                      std::int16_t*, std::size_t);
template bool cleanup_decoder::decode(const std::uint8_t*, std::size_t, std::size_t, std::size_t, unsigned,
                                      std::int32_t*, std::size_t);

}  // namespace htj2k::native
