#include "core/tile_part_lengths.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "core/error.hpp"
#include "core/marker.hpp"

namespace htj2k {
namespace {

constexpr std::size_t eoc_size = 2;
constexpr std::size_t bytes_per_entry = 6;                                  // Ttlm and Ptlm
constexpr std::size_t entries_per_segment = (65535 - 4) / bytes_per_entry;  // Ltlm is 16 bits
constexpr std::size_t most_segments = 256;                                  // Ztlm is 8 bits

std::uint32_t read(const byte_chunks& bytes, std::size_t offset, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

std::vector<tile_part_length> tile_part_lengths(const byte_chunks& bytes) {
  std::vector<tile_part_length> entries;
  for (std::size_t sot = 0; sot + eoc_size < bytes.size(); sot += entries.back().length) {
    const auto tile = static_cast<std::uint16_t>(read(bytes, sot + 4, 2));  // Isot
    entries.push_back({tile, read(bytes, sot + sot_to_psot, 4)});           // Psot
    if (entries.back().length < sot_to_sod)
      throw std::logic_error("a tile-part of " + std::to_string(entries.back().length) +
                             " bytes was written");
  }
  return entries;
}

}  // namespace

void append_tlm(std::vector<std::uint8_t>& target, const std::vector<tile_part_length>& entries) {
  for (std::size_t first = 0; first < entries.size(); first += entries_per_segment) {
    const std::size_t count = std::min(entries_per_segment, entries.size() - first);
    append_u16(target, TLM);
    append_u16(target, 4 + count * bytes_per_entry);
    target.push_back(static_cast<std::uint8_t>(first / entries_per_segment));
    target.push_back(0x60);  // Stlm: Ttlm of 2 bytes, Ptlm of 4
    for (std::size_t i = first; i < first + count; ++i) {
      append_u16(target, entries[i].tile);
      append_u32(target, entries[i].length);
    }
  }
}

std::vector<std::uint8_t> make_tlm(const byte_chunks& tile_parts) {
  const std::vector<tile_part_length> entries = tile_part_lengths(tile_parts);
  if (entries.size() > most_segments * entries_per_segment)
    throw error(error_code::invalid_argument, std::to_string(entries.size()) +
                                                  " tile-parts are more than TLM marker segments can hold (" +
                                                  std::to_string(most_segments * entries_per_segment) +
                                                  "); give tlm=False or larger tiles");
  std::vector<std::uint8_t> result;
  append_tlm(result, entries);
  return result;
}

}  // namespace htj2k
