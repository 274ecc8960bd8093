#include "core/encoder/main_header.hpp"

#include <ojph_version.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "core/bits.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/marker.hpp"
#include "core/packet_order.hpp"
#include "core/parser.hpp"

namespace htj2k::encoder {
namespace {

using byte_vector = std::vector<std::uint8_t>;

// The length, which counts itself but not the marker, is filled in when the rest is there.
template <typename Fields>
void append_segment(byte_vector& bytes, marker code, Fields append_fields) {
  append_u16(bytes, code);
  const std::size_t start = bytes.size();
  append_u16(bytes, 0);
  append_fields();
  store_u16(bytes.data() + start, bytes.size() - start);
}

unsigned log2_of(std::uint32_t power_of_two) { return 63 - leading_zeros(power_of_two); }

progression progression_of(const std::string& name) {
  static constexpr std::array<const char*, 5> names = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw error(error_code::invalid_argument, "unknown progression order " + name);
  return static_cast<progression>(found - names.begin());
}

void append_siz(byte_vector& bytes, const const_image_view& image, const encode_options& options) {
  constexpr std::uint16_t rsiz_part15 = 0x4000;
  const bool is_one_tile = options.tile_width == 0;
  append_segment(bytes, SIZ, [&] {
    append_u16(bytes, rsiz_part15);
    append_u32(bytes, image.width);
    append_u32(bytes, image.height);
    append_u32(bytes, 0);  // XOsiz
    append_u32(bytes, 0);  // YOsiz
    append_u32(bytes, is_one_tile ? image.width : options.tile_width);
    append_u32(bytes, is_one_tile ? image.height : options.tile_height);
    append_u32(bytes, 0);  // XTOsiz
    append_u32(bytes, 0);  // YTOsiz
    append_u16(bytes, image.components);
    const std::uint32_t sign = sample_is_signed(image.type) ? 0x80 : 0;
    for (std::uint32_t c = 0; c < image.components; ++c) {
      append_u8(bytes, sign | (options.bit_depth - 1));
      append_u8(bytes, 1);  // XRsiz
      append_u8(bytes, 1);  // YRsiz
    }
  });
}

// By how many bits the 5/3 wavelet, at worst, makes the coefficients of a subband larger than the samples:
// the logarithm, rounded up, of the product of the absolute sums of its rows' and its columns' filters.
unsigned gained_bits(unsigned level, orientation band) {
  switch (band) {
    case orientation::ll:
      return level == 0 ? 0 : 2;
    case orientation::hl:
    case orientation::lh:
      return level == 1 ? 2 : 3;
    case orientation::hh:
      break;
  }
  return level == 1 ? 2 : level <= 5 ? 3 : 4;
}

// As M_b = G + eps_b - 1 (T.800 E-2), G + eps_b are the bits of a subband's coefficients with their signs:
// those of the samples and the gained ones. The component transform adds one (G.2); OpenJPH counts it for
// components that take no part in it as well. A second guard bit is there only when the exponents need it.
// None is 0, which decoders refuse: samples of 1 bit without decompositions get a bit-plane more.
quantization reversible_steps(const encode_options& options, unsigned more_planes) {
  constexpr unsigned largest_exponent = 31;  // of 5 bits
  const unsigned sample_bits = options.bit_depth + (options.color_transform ? 1 : 0);
  std::array<unsigned, max_subbands> bits;
  unsigned count = 0;
  // In the order of SPqcd (A.6.4).
  bits[count++] = sample_bits + gained_bits(options.num_decompositions, orientation::ll);
  for (unsigned level = options.num_decompositions; level > 0; --level)
    for (const orientation band : {orientation::hl, orientation::lh, orientation::hh})
      bits[count++] = sample_bits + gained_bits(level, band);
  const unsigned most = *std::max_element(bits.begin(), bits.begin() + count);
  const unsigned guard_bits = std::max(1U, most - std::min(most, largest_exponent));
  quantization steps;
  steps.guard_bits = static_cast<std::uint8_t>(guard_bits + more_planes);
  steps.num_steps = static_cast<std::uint8_t>(count);
  for (unsigned i = 0; i < count; ++i)
    steps.steps[i] = static_cast<std::uint16_t>(std::max(bits[i] - guard_bits, 1U) << 11);
  return steps;
}

// Bits 0 to 4 of Ccap15 for B magnitude bits, rounded up to a number that they can tell (T.814 A.3).
unsigned coded_magnitude_bits(unsigned b) {
  if (b <= 8) return 0;
  return b < 28 ? b - 8 : 13 + b / 4;
}

void append_cap(byte_vector& bytes, const quantization& steps) {
  constexpr std::uint32_t pcap15 = 1U << (32 - 15);
  append_segment(bytes, CAP, [&] {
    append_u32(bytes, pcap15);
    // HT blocks alone, one set each, no ROI, the same everywhere, reversible: all other bits are zero.
    append_u16(bytes, coded_magnitude_bits(magnitude_bits(steps)));
  });
}

void append_precincts(byte_vector& bytes, const encode_options& options) {
  for (std::size_t r = 0; r <= options.num_decompositions; ++r) {
    const auto& [width, height] = options.precincts[std::min(r, options.precincts.size() - 1)];
    append_u8(bytes, log2_of(height) << 4 | log2_of(width));
  }
}

void append_cod(byte_vector& bytes, const encode_options& options) {
  constexpr std::uint8_t ht_blocks = 0x40, reversible_5_3 = 1;
  const bool has_precincts = !options.precincts.empty();
  append_segment(bytes, COD, [&] {
    append_u8(bytes, has_precincts ? 1 : 0);  // Scod
    append_u8(bytes, static_cast<std::uint8_t>(progression_of(options.progression_order)));
    append_u16(bytes, 1);  // layers
    append_u8(bytes, options.color_transform ? 1 : 0);
    append_u8(bytes, options.num_decompositions);
    append_u8(bytes, log2_of(options.block_width) - 2);
    append_u8(bytes, log2_of(options.block_height) - 2);
    append_u8(bytes, ht_blocks);
    append_u8(bytes, reversible_5_3);
    if (has_precincts) append_precincts(bytes, options);
  });
}

void append_qcd(byte_vector& bytes, const quantization& steps) {
  append_segment(bytes, QCD, [&] {
    append_u8(bytes, static_cast<std::uint32_t>(steps.guard_bits) << 5);  // Sqcd: no quantization
    for (unsigned i = 0; i < steps.num_steps; ++i) append_u8(bytes, steps.exponent(i) << 3);
  });
}

enum registration : std::uint16_t { binary = 0, latin_text = 1 };  // Rcom (T.800 A.9.2)

void append_comment(byte_vector& bytes, registration kind, const char* data, std::size_t size) {
  append_segment(bytes, COM, [&] {
    append_u16(bytes, kind);
    bytes.insert(bytes.end(), data, data + size);
  });
}

// Text ends at its first NUL, if it has one.
void append_comments(byte_vector& bytes, const encode_options& options) {
  for (const encode_comment& c : options.comments)
    if (c.is_text)
      append_comment(bytes, latin_text, c.bytes.c_str(), std::strlen(c.bytes.c_str()));
    else
      append_comment(bytes, binary, c.bytes.data(), c.bytes.size());
}

// Where OpenJPH names itself.
void append_writer(byte_vector& bytes) {
  static const std::string text = "htj2k, as OpenJPH Ver " + std::to_string(OPENJPH_VERSION_MAJOR) + "." +
                                  std::to_string(OPENJPH_VERSION_MINOR) + "." +
                                  std::to_string(OPENJPH_VERSION_PATCH) + ".";
  append_comment(bytes, latin_text, text.data(), text.size());
}

}  // namespace

std::vector<std::uint8_t> main_header(const const_image_view& image, const encode_options& options,
                                      unsigned more_planes) {
  constexpr std::size_t usual_size = 512;
  const quantization steps = reversible_steps(options, more_planes);
  byte_vector bytes;
  bytes.reserve(usual_size);
  append_u16(bytes, SOC);
  append_siz(bytes, image, options);
  append_cap(bytes, steps);
  append_cod(bytes, options);
  append_qcd(bytes, steps);
  append_writer(bytes);
  append_comments(bytes, options);
  return bytes;
}

codestream described_by(std::vector<std::uint8_t> main_header) {
  limits unbounded;
  unbounded.max_pixels = UINT64_MAX;
  unbounded.max_memory = UINT64_MAX;
  append_u16(main_header, SOT);  // where the parser sees that the header has ended
  codestream cs = parse_headers({main_header.data(), main_header.size()}, unbounded);
  cs.data = {};
  return cs;
}

}  // namespace htj2k::encoder
