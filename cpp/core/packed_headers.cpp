#include "core/packed_headers.hpp"

#include <algorithm>
#include <iterator>

namespace htj2k {

std::vector<std::uint8_t> joined(byte_span data, std::vector<indexed_range> segments) {
  std::stable_sort(segments.begin(), segments.end(),
                   [](const indexed_range& a, const indexed_range& b) { return a.index < b.index; });
  std::vector<std::uint8_t> bytes;
  for (const indexed_range& segment : segments)
    bytes.insert(bytes.end(), data.data + segment.range.start, data.data + segment.range.stop);
  return bytes;
}

std::vector<indexed_range> segments_within(const std::vector<indexed_range>& segments, byte_range header) {
  std::vector<indexed_range> found;
  std::copy_if(segments.begin(), segments.end(), std::back_inserter(found),
               [&](const indexed_range& segment) {
                 return header.start <= segment.range.start && segment.range.stop <= header.stop;
               });
  return found;
}

std::vector<std::vector<std::uint8_t>> headers_of_tile_parts(const codestream& cs) {
  std::vector<std::vector<std::uint8_t>> result;
  const std::vector<std::uint8_t> bytes = joined(cs.data, cs.main.packed_headers);
  const byte_span all{bytes.data(), bytes.size()};
  for (std::uint64_t at = 0; at < all.size;) {
    constexpr std::uint64_t size_of_length = 4;  // Nppm
    const bool has_length = holds(all, at, size_of_length);
    const std::uint64_t length = has_length ? load_u32(all.data + at) : 0;
    if (!has_length || !holds(all, at + size_of_length, length))
      throw error(error_code::codestream,
                  "PPM ends inside the packet headers of tile-part " + std::to_string(result.size()),
                  cs.main.packed_headers.front().range.start);
    const std::uint8_t* const start = all.data + at + size_of_length;
    result.emplace_back(start, start + length);
    at += size_of_length + length;
  }
  return result;
}

}  // namespace htj2k
