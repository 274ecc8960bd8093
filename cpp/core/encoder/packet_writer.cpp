#include "core/encoder/packet_writer.hpp"

#include <algorithm>

#include "core/bits.hpp"

namespace htj2k::encoder {
namespace {

// One coding pass (T.800 Table B.4), Lblock, and the bytes of the pass in as many bits (B.10.7.1).
void write_only_cleanup(packet_bit_writer& bits, std::uint32_t size) {
  constexpr unsigned initial_length_bits = 3;
  const unsigned length_bits = std::max(initial_length_bits, 64 - leading_zeros(size));
  const unsigned increments = length_bits - initial_length_bits;
  bits.put(0, 1);
  bits.put((std::uint64_t{2} << increments) - 2, increments + 1);  // a one for each, then a zero
  bits.put(size, length_bits);
}

}  // namespace

void packet_writer::write(const tile_resolution& resolution, std::uint64_t precinct,
                          const coded_resolution_blocks& blocks, byte_chunks& target) {
  const auto grids = resolution.grids_of(precinct);
  bool is_empty = true;
  for (unsigned b = 0; b < resolution.num_bands; ++b) {
    band_part& part = parts_[b];
    part.grid = grids[b];
    if (part.grid.empty()) continue;
    part.stride = resolution.blocks_across(b);
    part.blocks = blocks[b].data() + part.grid.first_row * part.stride + part.grid.first_column;
    tags_[b].build(part.grid, tag_tree_shape(part.grid), part.blocks, part.stride);
    is_empty = is_empty && !tags_[b].any_included();
  }
  if (is_empty) {
    constexpr std::uint8_t empty_packet = 0;  // a zero bit (B.10.3), filled up
    target.append(&empty_packet, 1);
    return;
  }
  write_header(resolution.num_bands);
  target.append(bits_.data(), bits_.size());
  for (unsigned b = 0; b < resolution.num_bands; ++b) append_bodies(parts_[b], target);
}

void packet_writer::write_header(unsigned num_bands) {
  bits_.begin();
  bits_.make_room();
  bits_.put(1, 1);  // not empty
  for (unsigned b = 0; b < num_bands; ++b)
    if (!parts_[b].grid.empty()) write_grid(parts_[b], tags_[b]);
  bits_.finish();
}

void packet_writer::write_grid(const band_part& part, packet_tags& tags) {
  const tag_tree_shape shape(part.grid);
  const unsigned missing_planes = part.grid.rules.bit_planes - 1;
  const coded_bytes* blocks = part.blocks;
  for (std::uint32_t y = 0; y < part.grid.down; ++y, blocks += part.stride) {
    const tag_tree_shape::row row = shape.row_of(y);
    for (std::uint32_t x = 0; x < part.grid.across; ++x) {
      bits_.make_room();
      if (!tags.write_inclusion(bits_, row, x)) continue;
      tags.write_missing_planes(bits_, row, x, missing_planes);
      write_only_cleanup(bits_, blocks[x].size);
    }
  }
}

void packet_writer::append_bodies(const band_part& part, byte_chunks& target) {
  const coded_bytes* blocks = part.blocks;
  for (std::uint32_t y = 0; y < part.grid.down; ++y, blocks += part.stride)
    for (std::uint32_t x = 0; x < part.grid.across; ++x) target.append(blocks[x].data, blocks[x].size);
}

}  // namespace htj2k::encoder
