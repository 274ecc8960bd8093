#include "core/encode.hpp"

#include "core/encoder/encode.hpp"
#include "core/engine.hpp"
#include "core/error.hpp"
#include "core/jph_file.hpp"
#include "core/openjph_encoder.hpp"
#include "core/tile_part_lengths.hpp"

namespace htj2k {
namespace {

bool is_single_tile(const const_image_view& image, const encode_options& options) {
  return options.tile_width == 0 ||
         (options.tile_width >= image.width && options.tile_height >= image.height);
}

void put_into_boxes(encoded_image& encoded, const const_image_view& image, const encode_options& options) {
  const jph_image described{image.width, image.height, image.components, options.bit_depth,
                            sample_is_signed(image.type)};
  auto& header = encoded.main_header;
  const auto boxes = jph_boxes(described, header.size() + encoded.tile_parts.size());
  header.insert(header.begin(), boxes.begin(), boxes.end());
}

encoded_image encode_to_tile_parts(const const_image_view& image, const encode_options& options,
                                   std::optional<clamp_policy> checksums) {
  try {
    return encodes_natively(options) ? encoder::encode(image, options, checksums)
                                     : encode_by_openjph(image, options, checksums);
  } catch (const error& e) {
    // While encoding, what is refused is an argument, never the data of a codestream.
    throw error(error_code::invalid_argument, e.what());
  }
}

void add_tlm(encoded_image& encoded) {
  const auto tlm = make_tlm(encoded.tile_parts);
  encoded.main_header.insert(encoded.main_header.end(), tlm.begin(), tlm.end());
}

}  // namespace

bool encodes_natively(const encode_options& options) {
  return engine_of_environment() != decode_engine::openjph && encoder::can_encode(options);
}

encoded_image encode(const const_image_view& image, const encode_options& options,
                     std::optional<clamp_policy> checksums) {
  if (checksums && !(options.reversible && is_single_tile(image, options)))
    throw error(error_code::invalid_argument,
                "checksums of the resolutions can be had only of a reversible encoding in a single tile");
  auto encoded = encode_to_tile_parts(image, options, checksums);
  if (options.tlm) add_tlm(encoded);
  if (options.jph_file) put_into_boxes(encoded, image, options);
  return encoded;
}

}  // namespace htj2k
