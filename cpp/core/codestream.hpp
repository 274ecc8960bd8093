// What the headers of a codestream say, field by field. Bodies are never copied: they are byte ranges.
//
//   standard            here
//   SIZ                 image_size            (reference grid: x0 = XOsiz, x1 = Xsiz, dx = XRsiz)
//   COD, SGcod          coding_defaults
//   SPcod, SPcoc        coding_style          (resolve with style_of)
//   QCD, QCC            quantization          (resolve with quantization_of)
//   tile-part           tile_part
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace htj2k {

constexpr int max_decompositions = 32;
constexpr int max_subbands = 3 * max_decompositions + 1;

struct component_size {
  std::uint8_t bit_depth = 0;
  bool is_signed = false;
  std::uint8_t dx = 1;
  std::uint8_t dy = 1;
};

struct image_size {
  std::uint64_t offset = 0;
  std::uint16_t rsiz = 0;
  std::uint32_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  std::uint32_t tile_x0 = 0, tile_y0 = 0, tile_width = 0, tile_height = 0;
  std::uint32_t tiles_across = 0, tiles_down = 0;
  std::vector<component_size> components;

  std::uint32_t num_components() const { return static_cast<std::uint32_t>(components.size()); }
  std::uint32_t num_tiles() const { return tiles_across * tiles_down; }
};

// How the blocks of the codestream are coded, Ccap15 bits 14 and 15 (T.814 Table A.4).
enum class ht_set : std::uint8_t { ht_only = 0, reserved = 1, ht_declared = 2, mixed = 3 };

struct capabilities {
  std::uint64_t offset = 0;
  std::uint32_t pcap = 0;
  std::uint16_t ccap15 = 0;

  ht_set blocks() const { return static_cast<ht_set>(ccap15 >> 14); }
  bool multiple_ht_sets() const { return (ccap15 & 0x2000) != 0; }
};

// SPcod or SPcoc. Sizes are log2, as in the standard's xcb and ycb.
struct coding_style {
  std::uint64_t offset = 0;
  std::uint8_t num_decompositions = 0;
  std::uint8_t log_block_width = 0;
  std::uint8_t log_block_height = 0;
  std::uint8_t block_style = 0;
  std::uint8_t transformation = 0;  // 0: 9/7, 1: 5/3, more: a kernel from an ATK segment
  bool has_precincts = false;
  bool has_dfs = false;  // Part 2: levels follow a DFS segment
  std::uint8_t dfs_index = 0;
  std::array<std::uint8_t, max_decompositions + 1> precincts{};  // PPy << 4 | PPx, base first

  bool reversible() const { return transformation == 1; }
  bool is_ht() const { return (block_style & 0x40) != 0; }
  bool is_mixed() const { return (block_style & 0xC0) == 0xC0; }
  // log2 of the precinct size at resolution r.
  unsigned ppx(unsigned r) const { return has_precincts ? precincts[r] & 15U : 15U; }
  unsigned ppy(unsigned r) const { return has_precincts ? precincts[r] >> 4U : 15U; }
};

struct coding_defaults {
  bool uses_sop = false;
  bool uses_eph = false;
  std::uint8_t progression_order = 0;
  std::uint16_t num_layers = 0;
  std::uint8_t color_transform = 0;
  coding_style style;
};

enum class quantization_style : std::uint8_t { none = 0, derived = 1, expounded = 2 };

struct quantization {
  std::uint64_t offset = 0;
  quantization_style style = quantization_style::none;
  std::uint8_t guard_bits = 0;
  std::uint8_t num_steps = 0;
  std::array<std::uint16_t, max_subbands> steps{};  // exponent << 11 | mantissa

  unsigned exponent(unsigned subband) const { return steps[subband] >> 11U; }
  unsigned mantissa(unsigned subband) const { return steps[subband] & 0x7FFU; }
  // eps_b and mu_b of band `band` (0 to 2, as in tile_resolution) of resolution r; derived steps lower eps_0
  // by one a level (T.800 E-5).
  unsigned exponent(unsigned r, unsigned band) const;
  unsigned mantissa(unsigned r, unsigned band) const;
};

struct region_of_interest {
  std::uint64_t offset = 0;
  std::uint8_t shift = 0;
};

struct progression_change {
  std::uint64_t offset = 0;
  std::uint8_t resolution_start = 0, resolution_stop = 0;
  std::uint16_t layer_stop = 0;
  std::uint16_t component_start = 0;
  std::uint32_t component_stop = 0;
  std::uint8_t order = 0;
};

struct nonlinearity {
  std::uint64_t offset = 0;
  std::uint8_t bit_depth = 0;
  bool is_signed = false;
  std::uint8_t type = 0;
};

// The payload of one PPM, PPT, PLM or PLT segment, with its index Z.
struct indexed_range {
  std::uint8_t index = 0;
  byte_range range;
};

// Everything that may stand in the main header and again, for one tile, in a tile-part header.
struct coding_parameters {
  std::optional<coding_defaults> cod;
  std::map<std::uint16_t, coding_style> coc;
  std::optional<quantization> qcd;
  std::map<std::uint16_t, quantization> qcc;
  std::map<std::uint16_t, region_of_interest> rgn;
  std::vector<progression_change> poc;
  std::map<std::uint16_t, nonlinearity> nlt;  // 65535: of all other components
  std::vector<indexed_range> packed_headers;  // PPM or PPT
};

struct tile_part_length {
  std::uint16_t tile = 0;
  std::uint32_t length = 0;
};

struct tile_part {
  std::uint16_t tile = 0;
  std::uint8_t index = 0;       // TPsot
  std::uint8_t num_parts = 0;   // TNsot, 0: not said
  bool length_is_open = false;  // Psot 0: to the EOC
  bool header_is_whole = false;
  bool is_whole = false;   // all of its bytes are here
  byte_range header;       // SOT to the end of SOD
  std::uint64_t stop = 0;  // where it ends or, when it is cut, should end (0: not known)
};

struct comment {
  std::uint16_t registration = 0;  // Rcom: 0 binary, 1 Latin text
  byte_range text;
};

// A segment that this library knows of but does not read (DFS, ATK, ADS), or does not know at all.
struct other_segment {
  std::uint16_t code = 0;
  byte_range range;  // marker included
};

enum class container : std::uint8_t { codestream, jp2, jph };

struct codestream {
  byte_span data;  // the caller's bytes, which must outlive this
  container file = container::codestream;
  byte_range range;                    // the codestream: SOC to the end of the box or of the data
  bool box_is_cut = false;             // the box says that more bytes follow than are here
  std::uint64_t box_stop = 0;          // where the box ends by its own length, 0: at the end of the data
  byte_range main_header;              // SOC to the first SOT
  std::uint64_t packet_allowance = 0;  // see limits

  image_size siz;
  std::optional<capabilities> cap;
  coding_parameters main;
  std::map<std::uint16_t, coding_parameters> tiles;

  bool has_tlm = false;
  bool tlm_is_readable = true;  // false: segments are missing or disagree with each other
  std::vector<tile_part_length> tlm;
  std::vector<byte_range> tlm_segments;
  std::vector<byte_range> plm_segments;
  std::vector<comment> comments;
  std::vector<other_segment> others;
  std::bitset<256> kernels;  // of which the main header holds an ATK segment

  std::vector<tile_part> tile_parts;
  std::map<std::uint32_t, std::vector<indexed_range>> packet_lengths;  // PLT, by index into tile_parts
  std::optional<std::uint64_t> eoc;
  std::optional<error> damage;  // only with parse_options::keep_damaged: why the walk ended early
};

// Of the deepest component.
unsigned max_bit_depth(const image_size& siz);

// Magnitude bits of the subband that has most of them (T.800 E-2: M_b = G + eps_b - 1).
unsigned magnitude_bits(const quantization& steps);

// OpenJPH decodes components of more magnitude bits in 64 bits.
constexpr unsigned most_bits_in_32 = 30;

// A tile's own COC wins over its COD, that over the main COC, that over the main COD (T.800 A.6.1).
const coding_defaults& defaults_of(const codestream& cs, std::uint16_t tile);
const coding_style& style_of(const codestream& cs, std::uint16_t component);
const coding_style& style_of(const codestream& cs, std::uint16_t tile, std::uint16_t component);
const quantization& quantization_of(const codestream& cs, std::uint16_t component);
// Bit-planes by which RGN raises coefficients of the region of interest; 0: there is none.
unsigned roi_shift_of(const codestream& cs, std::uint16_t tile, std::uint16_t component);
// What POC says, a tile's own before the main header's; empty: the progression of COD holds.
const std::vector<progression_change>& progression_changes_of(const codestream& cs, std::uint16_t tile);
const quantization& quantization_of(const codestream& cs, std::uint16_t tile, std::uint16_t component);

}  // namespace htj2k
