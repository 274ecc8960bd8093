#include "core/tile_part_lengths.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "core/error.hpp"

namespace htj2k {
namespace {

constexpr std::size_t sot_to_sod = 12 + 2;
constexpr std::size_t eoc_size = 2;
constexpr std::size_t bytes_per_entry = 6;                                  // Ttlm and Ptlm
constexpr std::size_t entries_per_segment = (65535 - 4) / bytes_per_entry;  // Ltlm is 16 bits
constexpr std::size_t most_segments = 256;                                  // Ztlm is 8 bits

struct entry {
  std::uint32_t tile;
  std::uint32_t length;
};

std::uint32_t read(const byte_chunks& bytes, std::size_t offset, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

void write(std::vector<std::uint8_t>& target, std::uint32_t value, std::size_t count) {
  for (std::size_t i = count; i-- != 0;) target.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::vector<entry> tile_part_lengths(const byte_chunks& bytes) {
  std::vector<entry> entries;
  for (std::size_t sot = 0; sot + eoc_size < bytes.size(); sot += entries.back().length) {
    entries.push_back({read(bytes, sot + 4, 2), read(bytes, sot + 6, 4)});  // Isot, Psot
    if (entries.back().length < sot_to_sod)
      throw std::logic_error("OpenJPH wrote a tile-part of " + std::to_string(entries.back().length) +
                             " bytes");
  }
  return entries;
}

}  // namespace

std::vector<std::uint8_t> make_tlm(const byte_chunks& tile_parts) {
  const std::vector<entry> entries = tile_part_lengths(tile_parts);
  const std::size_t num_segments = (entries.size() + entries_per_segment - 1) / entries_per_segment;
  if (num_segments > most_segments)
    throw error(error_code::invalid_argument, std::to_string(entries.size()) +
                                                  " tile-parts are more than TLM marker segments can hold (" +
                                                  std::to_string(most_segments * entries_per_segment) +
                                                  "); give tlm=False or larger tiles");
  std::vector<std::uint8_t> result;
  for (std::size_t segment = 0; segment < num_segments; ++segment) {
    const std::size_t first = segment * entries_per_segment;
    const std::size_t count = std::min(entries_per_segment, entries.size() - first);
    write(result, 0xFF55, 2);
    write(result, static_cast<std::uint32_t>(4 + count * bytes_per_entry), 2);
    write(result, static_cast<std::uint32_t>(segment), 1);
    write(result, 0x60, 1);  // Stlm: Ttlm of 2 bytes, Ptlm of 4
    for (std::size_t i = first; i < first + count; ++i) {
      write(result, entries[i].tile, 2);
      write(result, entries[i].length, 4);
    }
  }
  return result;
}

}  // namespace htj2k
