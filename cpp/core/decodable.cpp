#include "core/decodable.hpp"

#include <string>

#include "core/geometry.hpp"
#include "core/marker.hpp"
#include "core/native/block_decoder.hpp"
#include "core/nonlinearities.hpp"

namespace htj2k {
namespace {

[[noreturn]] void unsupported(const std::string& what, std::uint64_t offset) {
  throw error(error_code::unsupported, what + " at byte " + std::to_string(offset) + " is not supported",
              offset);
}

// Coordinates are 32-bit in the decoder, and it rounds them up to multiples of a precinct (2^15) and of
// 2^reduce.
constexpr std::uint64_t max_coordinate = (std::uint64_t{1} << 31) - (std::uint64_t{1} << 16);
constexpr unsigned max_depth = 32;

void check_size(const image_size& siz) {
  const std::uint64_t right = siz.tile_x0 + std::uint64_t{siz.tiles_across} * siz.tile_width;
  const std::uint64_t bottom = siz.tile_y0 + std::uint64_t{siz.tiles_down} * siz.tile_height;
  if (right > max_coordinate || bottom > max_coordinate)
    unsupported("a tile grid that reaches beyond coordinate 2^31 - 2^16 (SIZ)", siz.offset);
  for (const component_size& k : siz.components) {
    if (k.bit_depth > max_depth)
      unsupported("a bit depth of " + std::to_string(k.bit_depth) + " (more than 32, SIZ)", siz.offset);
  }
}

void check_capabilities(const codestream& cs, decode_engine engine) {
  const std::uint64_t offset = cs.cap->offset;
  constexpr unsigned nlt_alone = 0x8200;  // of the capabilities in the 14 lowest bits
  if ((cs.siz.rsiz & 0x8000) != 0 && (cs.siz.rsiz & 0xBFFF) != nlt_alone)
    unsupported("an extension of JPEG 2000 Part 2 (Rsiz bit 15)", cs.siz.offset);
  if ((cs.cap->pcap & ~0x20000U) != 0)
    unsupported("a capability of another Part than 15 (Pcap " + hex(cs.cap->pcap, 8) + ", CAP)", offset);
  if (engine == decode_engine::openjph && cs.cap->multiple_ht_sets())
    unsupported("more than one HT set (Ccap15 bit 13, CAP)", offset);
}

// Bits of the style that blocks of each kind may have. What those for Part 1 blocks mean beside HT ones, our
// sources do not say.
constexpr unsigned ht_style_bits = 0x48, mixed_style_bits = 0xC8, part1_style_bits = 0x3F;

void check_block_style(const codestream& cs, const coding_style& style, decode_engine engine,
                       const std::string& in) {
  const ht_set blocks = cs.cap->blocks();
  const bool may_have_part1 = blocks == ht_set::ht_declared || blocks == ht_set::mixed;
  if (!style.is_ht() && (engine == decode_engine::openjph || !may_have_part1))
    unsupported("a component with Part 1 code-blocks" + in, style.offset);
  if (style.is_mixed() && (engine == decode_engine::openjph || blocks != ht_set::mixed))
    unsupported("a mixture of HT and Part 1 code-blocks" + in, style.offset);
  const unsigned bits = !style.is_ht()     ? part1_style_bits
                        : style.is_mixed() ? mixed_style_bits
                                           : ht_style_bits;
  if ((style.block_style & ~bits) != 0)
    unsupported("code-block style " + hex(style.block_style, 2) + in, style.offset);
}

void check_style(const codestream& cs, const coding_style& style, decode_engine engine, const char* segment) {
  const std::string in = std::string(" (") + segment + ")";
  check_block_style(cs, style, engine, in);
  if (style.has_dfs) unsupported("a downsampling factor style" + in, style.offset);
  if (style.transformation > 1) unsupported("an arbitrary wavelet kernel" + in, style.offset);
}

void check_coding(const codestream& cs, decode_engine engine) {
  const coding_defaults& cod = *cs.main.cod;
  if (engine == decode_engine::openjph && cod.num_layers != 1)
    unsupported("a codestream with " + std::to_string(cod.num_layers) + " quality layers (COD)",
                cod.style.offset);
  if (cod.progression_order > 4 || cod.color_transform > 1)
    unsupported("a progression order or component transform of Part 2 (COD)", cod.style.offset);
  // Lines of the first three components must come together, and OpenJPH gives those of different sizes one
  // component after the other.
  if (engine == decode_engine::openjph && cod.color_transform == 1 && !has_equal_components(cs.siz))
    unsupported("a component transform beside components of other sizes (COD, SIZ)", cod.style.offset);
  check_style(cs, cod.style, engine, "COD");
  for (const auto& [component, style] : cs.main.coc) check_style(cs, style, engine, "COC");
  // OpenJPH looks for SOP and EPH only in components that use COD's own style.
  if (engine == decode_engine::openjph && !cs.main.coc.empty() && (cod.uses_sop || cod.uses_eph))
    unsupported("SOP or EPH together with a COC segment", cs.main.coc.begin()->second.offset);
}

// An exponent of 0 with G guard bits leaves G - 1 magnitude bits; OpenJPH takes G when nothing is quantised,
// and so do we where we look for packets.
void check_exponents(const quantization& q) {
  for (unsigned b = 0; b < q.num_steps; ++b)
    if (q.exponent(b) == 0 && (q.style == quantization_style::none || q.guard_bits == 0))
      unsupported("an exponent of 0 for subband " + std::to_string(b) + " (QCD or QCC)", q.offset);
}

void check_quantization(const coding_style& style, const quantization& q, decode_engine engine) {
  if (engine == decode_engine::openjph && q.style == quantization_style::derived)
    unsupported("derived quantisation (QCD or QCC)", q.offset);
  if (style.reversible() != (q.style == quantization_style::none))
    unsupported(style.reversible() ? "quantisation of the reversible 5/3 transform (QCD or QCC)"
                                   : "the 9/7 transform without quantisation (QCD or QCC)",
                q.offset);
  check_exponents(q);
  if (q.style == quantization_style::derived && q.exponent(0) < style.num_decompositions)
    unsupported("derived quantisation whose exponents would be 0 or less (QCD or QCC)", q.offset);
  const unsigned bits = magnitude_bits(q);
  // In 64 bits the decoder's irreversible path writes past the rows it is given.
  if (!style.reversible() && bits > most_bits_in_32)
    unsupported("9/7 data of " + std::to_string(bits) + " magnitude bits (more than 30, QCD or QCC)",
                q.offset);
}

void check_components(const codestream& cs, unsigned reduce) {
  const std::uint32_t count = cs.main.coc.empty() && cs.main.qcc.empty() ? 1 : cs.siz.num_components();
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto c = static_cast<std::uint16_t>(i);
    const coding_style& style = style_of(cs, c);
    check_quantization(style, quantization_of(cs, c), decode_engine::openjph);
    if (reduce != 0 && style.num_decompositions != cs.main.cod->style.num_decompositions)
      unsupported("a reduced decode of components with different numbers of decomposition levels (COC)",
                  style.offset);
  }
  // Three components that meet in one transform must be decoded at one width, 32 or 64 bits.
  if (cs.main.cod->color_transform == 1 && count >= 3)
    for (std::uint16_t c = 1; c < 3; ++c)
      if ((magnitude_bits(quantization_of(cs, c)) > most_bits_in_32) !=
          (magnitude_bits(quantization_of(cs, 0)) > most_bits_in_32))
        unsupported("a component transform over 32 and 64-bit data (QCC)", quantization_of(cs, c).offset);
}

void check_main_segments(const codestream& cs) {
  if (!cs.main.rgn.empty()) unsupported("a region of interest (RGN)", cs.main.rgn.begin()->second.offset);
  if (!cs.main.poc.empty()) unsupported("a change of progression order (POC)", cs.main.poc.front().offset);
  if (!cs.main.packed_headers.empty())
    unsupported("packed packet headers (PPM)", cs.main.packed_headers.front().range.start);
  // Of type 0, and of type 3 over unsigned samples, OpenJPH leaves the rows of the image as they were in
  // memory. Of type 3 over signed ones it makes positive samples of negative ones that are out of range.
  if (!cs.main.nlt.empty())
    unsupported("a non-linear point transform (NLT)", cs.main.nlt.begin()->second.offset);
}

void check_tiles(const codestream& cs) {
  for (const auto& [tile, own] : cs.tiles) {
    const std::string in = " in the header of tile " + std::to_string(tile);
    if (own.cod) unsupported("a coding style of its own (COD)" + in, own.cod->style.offset);
    if (!own.coc.empty()) unsupported("a coding style of its own (COC)" + in, own.coc.begin()->second.offset);
    if (own.qcd) unsupported("quantisation of its own (QCD)" + in, own.qcd->offset);
    if (!own.qcc.empty()) unsupported("quantisation of its own (QCC)" + in, own.qcc.begin()->second.offset);
    if (!own.rgn.empty()) unsupported("a region of interest (RGN)" + in, own.rgn.begin()->second.offset);
    if (!own.poc.empty()) unsupported("a change of progression order (POC)" + in, own.poc.front().offset);
    if (!own.packed_headers.empty())
      unsupported("packed packet headers (PPT)" + in, own.packed_headers.front().range.start);
  }
}

void check_native_component(const coding_style& style, const quantization& q, unsigned roi_shift) {
  check_quantization(style, q, decode_engine::native);
  constexpr unsigned most_planes = 62;  // of the 64-bit block decoder
  if (magnitude_bits(q) + roi_shift > most_planes)
    unsupported("a region of interest that takes more than 62 bit-planes (RGN)", q.offset);
}

void check_native_segments(const codestream& cs, const coding_parameters& own) {
  if (own.cod) {
    if (own.cod->progression_order > 4 || own.cod->color_transform > 1)
      unsupported("a progression order or component transform of Part 2 (COD)", own.cod->style.offset);
    check_style(cs, own.cod->style, decode_engine::native, "COD");
  }
  for (const auto& [component, style] : own.coc) check_style(cs, style, decode_engine::native, "COC");
  for (const progression_change& change : own.poc)
    if (change.order > 4) unsupported("a progression order of Part 2 (POC)", change.offset);
}

// Tiles may have parameters of their own here.
void check_native_tiles(const codestream& cs) {
  check_native_segments(cs, cs.main);
  const bool by_component = !cs.main.coc.empty() || !cs.main.qcc.empty() || !cs.main.rgn.empty();
  const auto count = static_cast<std::uint16_t>(by_component ? cs.siz.num_components() : 1);
  for (std::uint16_t c = 0; c < count; ++c) {
    const auto rgn = cs.main.rgn.find(c);
    check_native_component(style_of(cs, c), quantization_of(cs, c),
                           rgn == cs.main.rgn.end() ? 0 : rgn->second.shift);
  }
  for (const auto& [tile, own] : cs.tiles) {
    check_native_segments(cs, own);
    if (!own.cod && !own.qcd && own.coc.empty() && own.qcc.empty() && own.rgn.empty()) continue;
    for (std::uint32_t i = 0; i < cs.siz.num_components(); ++i) {
      const auto c = static_cast<std::uint16_t>(i);
      check_native_component(style_of(cs, tile, c), quantization_of(cs, tile, c), roi_shift_of(cs, tile, c));
    }
  }
}

void check_other_segments(const codestream& cs) {
  for (const other_segment& s : cs.others)
    if (s.code == DFS || s.code == ATK || s.code == ADS)
      unsupported("the Part 2 segment " + marker_name(s.code), s.range.start);
}

// OpenJPH does not skip a segment it does not know: it goes on looking for the next marker inside it. So such
// a segment is harmless as long as it holds no byte pair that looks like one.
void check_unknown_segments(const codestream& cs) {
  for (const other_segment& s : cs.others) {
    if (s.code == PRF || s.code == CPF) continue;
    for (std::uint64_t at = s.range.start + 2; at + 1 < s.range.stop; ++at)
      if (cs.data.data[at] == 0xFF && cs.data.data[at + 1] >= 0x4F)
        unsupported("a segment with " + marker_name(s.code) + " that holds bytes like a marker",
                    s.range.start);
    if (cs.data.data[s.range.stop - 1] == 0xFF)
      unsupported("a segment with " + marker_name(s.code) + " that ends with 0xFF", s.range.start);
  }
}

}  // namespace

void check_decodable(const codestream& cs, unsigned reduce, decode_engine engine) {
  if (engine == decode_engine::native && !native::has_block_decoders())
    throw error(error_code::unsupported,
                "the native engine is not in this build, which uses an installed OpenJPH");
  check_size(cs.siz);
  check_capabilities(cs, engine);
  check_coding(cs, engine);
  check_nonlinearities(cs);
  check_other_segments(cs);
  if (engine == decode_engine::native) return check_native_tiles(cs);
  check_main_segments(cs);
  check_components(cs, reduce);
  check_tiles(cs);
  check_unknown_segments(cs);
}

bool can_decode(const codestream& cs, unsigned reduce, decode_engine engine) {
  try {
    check_decodable(cs, reduce, engine);
    return true;
  } catch (const error&) {
    return false;
  }
}

}  // namespace htj2k
