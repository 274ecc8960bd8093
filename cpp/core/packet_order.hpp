// Which packets a tile has, in which order, and the codeblock grids of each (T.800 B.6, B.7, B.12).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/geometry.hpp"
#include "core/packet_header.hpp"

namespace htj2k {

// As in SGcod (T.800 Table A.16).
enum class progression : std::uint8_t { lrcp = 0, rlcp = 1, rpcl = 2, pcrl = 3, cprl = 4 };

// One resolution of one component of one tile.
struct tile_resolution {
  rect area;                    // trx0, try0, trx1, try1
  unsigned ppx = 15, ppy = 15;  // log2 of the precinct size
  unsigned xcb = 6, ycb = 6;    // log2 of the codeblock size, cut to the precinct (B.7)
  std::uint64_t precincts_across = 0, precincts_down = 0;
  unsigned num_bands = 1;
  std::array<rect, 3> bands;  // LL alone, or HL, LH, HH
  std::array<unsigned, 3> bit_planes{};
  block_rules rules;  // of all bands, but for the number of bit-planes

  std::uint64_t num_precincts() const { return precincts_across * precincts_down; }
  // Codeblocks of a whole band.
  std::uint32_t blocks_across(unsigned band) const;
  std::uint32_t blocks_down(unsigned band) const;
  // The part of the band that one of them covers; they are counted from the band's first.
  rect block_area(unsigned band, std::uint32_t column, std::uint32_t row) const;
  // The grids of one precinct, one a band.
  std::array<block_grid, 3> grids_of(std::uint64_t precinct) const;
};

struct tile_geometry {
  rect area;                                             // tx0, ty0, tx1, ty1
  std::vector<std::vector<tile_resolution>> components;  // [component][resolution], base first
  std::uint64_t num_precincts = 0;
  std::uint16_t num_layers = 1;

  std::uint64_t num_packets() const { return num_precincts * num_layers; }
};

struct packet_id {
  std::uint64_t y = 0, x = 0;  // where its precinct starts on the reference grid
  std::uint32_t component = 0;
  std::uint32_t resolution = 0;
  std::uint64_t precinct = 0;
  std::uint16_t layer = 0;
};

tile_geometry geometry_of_tile(const codestream& cs, std::uint16_t tile);

struct ordered_packets {
  std::vector<packet_id> packets;  // all of the tile, in the order in which they are written
  std::size_t num_ordered = 0;     // that of further ones the POC segments so far do not tell
};

ordered_packets packet_order(const codestream& cs, std::uint16_t tile, const tile_geometry& geometry);

}  // namespace htj2k
