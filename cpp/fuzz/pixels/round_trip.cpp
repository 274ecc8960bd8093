// Encodes random samples with random parameters, decodes, and compares every sample and every checksum, and
// the bytes with those of OpenJPH's encoder.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

#include "core/encoder/encode.hpp"
#include "core/encoder/main_header.hpp"
#include "core/geometry.hpp"
#include "core/openjph_encoder.hpp"
#include "core/pixel_checksums.hpp"
#include "fuzz/images.hpp"

using namespace htj2k;

namespace {

struct parameters {
  image_layout layout;
  std::uint32_t bit_depth = 8;
  encode_options options;
};

// Of all tiles and components: OpenJPH keeps up to 300 kB for each, beside 341 MB for the smallest blocks,
// and the memory of fuzzers has a limit.
constexpr std::uint32_t most_resolutions = 300;

std::uint32_t num_resolutions(const parameters& p) {
  const encode_options& o = p.options;
  const std::uint32_t tiles =
      o.tile_width == 0 ? 1
                        : ceil_div(p.layout.width, o.tile_width) * ceil_div(p.layout.height, o.tile_height);
  return tiles * p.layout.components * (o.num_decompositions + 1);
}

// What the Python layer lets through (encode's documentation): the core relies on it.
parameters choose(FuzzedDataProvider& from) {
  parameters p;
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return from.ConsumeIntegralInRange<std::uint32_t>(low, high);
  };
  p.bit_depth = pick(1, 32);
  p.layout = {decoded_type(p.bit_depth, from.ConsumeBool()), pick(1, 70), pick(1, 70), pick(1, 4)};
  encode_options& o = p.options;
  o.bit_depth = p.bit_depth;
  o.num_decompositions = from.ConsumeBool() ? pick(0, 5) : pick(1, 32);
  o.color_transform = p.layout.components >= 3 && from.ConsumeBool();
  if (p.bit_depth == 1 && !o.color_transform) o.num_decompositions = std::max(1U, o.num_decompositions);
  const unsigned xcb = pick(2, 10), ycb = pick(2, std::min(10U, 12 - xcb));
  o.block_width = 1U << xcb;
  o.block_height = 1U << ycb;
  static const char* const orders[] = {"LRCP", "RLCP", "RPCL", "PCRL", "CPRL"};
  o.progression_order = orders[pick(0, 4)];
  o.tile_part_per_resolution =
      (o.progression_order[0] == 'L' || o.progression_order[0] == 'R') && from.ConsumeBool();
  if (from.ConsumeBool()) o.tile_width = pick(3, 70), o.tile_height = pick(3, 70);
  if (num_resolutions(p) > most_resolutions) o.tile_width = o.tile_height = 0;
  for (unsigned count = pick(0, std::min(3U, o.num_decompositions + 1)); count > 0; --count)
    o.precincts.emplace_back(1U << pick(1, 8), 1U << pick(1, 8));
  o.tlm = from.ConsumeBool();
  o.jph_file = from.ConsumeBool();
  return p;
}

// Where OpenJPH provides too few bits, the Python layer compares and refuses what is not exact.
bool is_doubtful(const parameters& p) {
  if (encodes_natively(p.options)) return false;
  const auto has_single = [](std::uint32_t length, std::uint32_t tile) {
    return tile != 0 && length % tile == 1;
  };
  return p.options.num_decompositions == 0 || p.bit_depth <= 4 ||
         has_single(p.layout.width, p.options.tile_width) ||
         has_single(p.layout.height, p.options.tile_height);
}

fuzz::decoded_image make_pixels(const parameters& p, FuzzedDataProvider& from) {
  fuzz::decoded_image image = fuzz::noise(p.layout, p.bit_depth);
  const std::size_t count = image.samples.size() / sample_size(p.layout.type);
  const auto extremes = from.ConsumeBool();
  for (std::size_t i = 0; i < count && from.remaining_bytes() > 0; ++i) {
    const auto bits = from.ConsumeIntegral<std::uint32_t>();
    fuzz::put_sample(image, i, extremes ? (bits & 1 ? ~0U >> 1 : 1U << (p.bit_depth - 1)) : bits,
                     p.bit_depth);
  }
  return image;
}

// Within the library's own limits: many small tiles take more than those of untrusted inputs allow here.
fuzz::decoded_image decode(const fuzz::bytes& codestream, std::uint32_t reduce) {
  return fuzz::decode_opened(open_strict(fuzz::span_of(codestream), limits(), reduce), reduce);
}

void check_checksums(const parameters& p, const fuzz::decoded_image& pixels, const fuzz::bytes& codestream) {
  pixel_checksum_options options;
  options.bit_depth = p.bit_depth;
  options.num_decompositions = p.options.num_decompositions;
  options.color_transform = p.options.color_transform;
  const auto expected = checksum_pixels(fuzz::view_of(pixels), options).resolutions;
  const std::uint32_t levels = p.options.num_decompositions;
  for (const std::uint32_t reduce : fuzz::some_reductions(fuzz::span_of(codestream))) {
    if (reduce != 0 && (p.bit_depth > 28 || p.options.tile_width != 0)) break;
    const auto level = decode(codestream, reduce);
    fuzz::require(fuzz::crc32_of(level) == expected[levels - reduce].crc32, "checksums of pixels hold");
  }
}

fuzz::bytes tile_parts_of(encoded_image& encoded) {
  fuzz::bytes bytes(encoded.tile_parts.size());
  encoded.tile_parts.move_to(bytes.data());
  return bytes;
}

unsigned guard_bits_of(const encoded_image& encoded) {
  return encoder::described_by(encoded.main_header).main.qcd->guard_bits;
}

// Unless OpenJPH provides too few bit-planes.
void check_bytes(const parameters& p, const fuzz::decoded_image& pixels) {
  if (!encodes_natively(p.options)) return;
  encoded_image ours = encoder::encode(fuzz::view_of(pixels), p.options, std::nullopt);
  encoded_image theirs = encode_by_openjph(fuzz::view_of(pixels), p.options, std::nullopt);
  if (guard_bits_of(ours) == guard_bits_of(theirs))
    fuzz::require(tile_parts_of(ours) == tile_parts_of(theirs), "both encoders write the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider from(data, size);
  const parameters p = choose(from);
  const fuzz::decoded_image pixels = make_pixels(p, from);
  const auto codestream =
      fuzz::attempt([&] { return fuzz::encode_to_bytes(pixels, p.bit_depth, p.options); });
  if (!codestream) return 0;  // OpenJPH names a parameter that it refuses
  const auto decoded = decode(*codestream, 0);
  if (is_doubtful(p)) return 0;
  fuzz::require(decoded == pixels, "lossless means every sample");
  check_checksums(p, pixels, *codestream);
  check_bytes(p, pixels);
  return 0;
}
