#include "core/openjph_encoder.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/image_rows.hpp"
#include "core/ojph_messages.hpp"
#include "core/reused_codestream.hpp"

namespace htj2k {
namespace {

class chunked_file final : public ojph::outfile_base {
public:
  std::size_t write(const void* data, std::size_t size) override {
    bytes.append(data, size);
    return size;
  }
  ojph::si64 tell() override { return static_cast<ojph::si64>(bytes.size()); }

  byte_chunks bytes;
};

void set_size(ojph::codestream& codestream, const const_image_view& image, const encode_options& options) {
  auto siz = codestream.access_siz();
  siz.set_image_extent(ojph::point(image.width, image.height));
  siz.set_num_components(image.components);
  for (std::uint32_t c = 0; c < image.components; ++c)
    siz.set_component(c, ojph::point(1, 1), options.bit_depth, sample_is_signed(image.type));
  siz.set_image_offset(ojph::point(0, 0));
  siz.set_tile_offset(ojph::point(0, 0));
  const bool one_tile = options.tile_width == 0;
  siz.set_tile_size(one_tile ? ojph::size(image.width, image.height)
                             : ojph::size(options.tile_width, options.tile_height));
}

// The step that OpenJPH divides by each subband's gain, relative to the sample range (param_qcd of 0.32.0).
// For qfactor it is the least of all components and subbands.
double base_step(const encode_options& options) {
  const auto depth = static_cast<int>(options.bit_depth);
  if (!options.qfactor) return options.qstep ? *options.qstep : std::ldexp(1.0, -std::min(16, depth));
  const double quality = *options.qfactor;
  const double multiplier = quality < 50 ? 50 / quality : 2 - quality / 50;
  return (0.04 * multiplier + std::sqrt(0.5) * std::ldexp(1.0, -depth)) / 1.05;
}

// OpenJPH neither checks that a step's exponent fits its 5 bits (T.800 A.6.4) nor decodes 9/7 data of more
// than 30 magnitude bits: what it wrote would be other pixels, or would crash it.
void check_steps(const encode_options& options) {
  constexpr double largest_gain = 1.09;  // of the lowest HH subband, over 2^N_L
  constexpr int max_exponent = 30;
  const auto levels = static_cast<int>(options.num_decompositions);
  if (options.reversible || base_step(options) >= std::ldexp(largest_gain, levels - max_exponent)) return;
  throw error(error_code::invalid_argument,
              "num_decompositions=" + std::to_string(options.num_decompositions) + " at " +
                  std::to_string(options.bit_depth) +
                  " bits and this quality needs quantisation steps below 2^-30 of the range, which the 9/7"
                  " wavelet's coder has no bits for: use fewer decompositions, or a larger qstep");
}

// For codeblocks of more than 1020 columns OpenJPH writes a byte behind its memory (0.32.0: e_val of its
// encoders for CPUs without AVX2, and for more than 32 bits). Refused on all CPUs alike.
void check_block_columns(const const_image_view& image, const encode_options& options) {
  constexpr std::uint32_t most = 1020;
  if (options.block_width <= most) return;
  std::uint32_t precinct = 1U << 15;
  if (!options.precincts.empty()) {
    precinct = 0;
    for (const auto& size : options.precincts) precinct = std::max(precinct, size.first);
  }
  const std::uint32_t columns =
      options.tile_width == 0 ? image.width : std::min(image.width, options.tile_width);
  const std::uint32_t levels = options.num_decompositions;
  // Subbands other than the lowest are half as wide as their resolution, and so are precincts in them.
  const bool in_lowest = std::min(ceil_shift(columns, levels), precinct) > most;
  const bool in_others = levels > 0 && std::min(ceil_shift(columns, 1), precinct / 2) > most;
  if (in_lowest || in_others)
    throw error(
        error_code::invalid_argument,
        "block_size has 1024 columns: OpenJPH cannot encode codeblocks of more than 1020 columns safely, "
        "which this image would have; use at most 512 columns");
}

void set_coding_style(ojph::codestream& codestream, const encode_options& options) {
  auto cod = codestream.access_cod();
  cod.set_num_decomposition(options.num_decompositions);
  cod.set_block_dims(options.block_width, options.block_height);
  cod.set_progression_order(options.progression_order.c_str());
  cod.set_color_transform(options.color_transform);
  cod.set_reversible(options.reversible);
  std::vector<ojph::size> precincts;
  for (const auto& p : options.precincts) precincts.emplace_back(p.first, p.second);
  if (!precincts.empty()) cod.set_precinct_size(static_cast<int>(precincts.size()), precincts.data());
  if (options.qstep) codestream.access_qcd().set_irrev_quant(*options.qstep);
  if (options.qfactor) codestream.access_qcd().set_qfactor(*options.qfactor);
}

void configure(ojph::codestream& codestream, const const_image_view& image, const encode_options& options) {
  set_size(codestream, image, options);
  set_coding_style(codestream, options);
  // Line by line for all components: the caller's interleaved rows are then read once.
  codestream.set_planar(false);
  // OpenJPH's own TLM would be written past its memory: restart() leaves the former image's count (0.32.0).
  codestream.request_tlm_marker(false);
  codestream.set_tilepart_divisions(options.tile_part_per_resolution, options.tile_part_per_component);
}

void write_headers(ojph::codestream& codestream, chunked_file& file, const encode_options& options) {
  std::vector<ojph::comment_exchange> comments(options.comments.size());
  for (std::size_t i = 0; i < comments.size(); ++i) {
    const auto& bytes = options.comments[i].bytes;
    if (options.comments[i].is_text)
      comments[i].set_string(bytes.c_str());
    else
      comments[i].set_data(bytes.data(), static_cast<ojph::ui16>(bytes.size()));
  }
  codestream.write_headers(&file, comments.data(), static_cast<ojph::ui32>(comments.size()));
}

// OpenJPH takes unsigned 32-bit samples as their bit pattern.
template <typename T>
void fill_line(const T* row, std::uint32_t width, ojph::line_buf* line) {
  constexpr clamp_limits<T> unclamped;
  if constexpr (sizeof(T) == sizeof(std::int32_t))
    std::copy_n(row, width, line->i32);
  else
    kernels::active().lines<T>().store[log2_size(sample_type::i4)](
        row, width, unclamped.low, unclamped.high, reinterpret_cast<std::uint8_t*>(line->i32), 4);
}

template <typename T>
void feed(const const_image_view& image, image_rows<T>& rows, ojph::codestream& codestream) {
  ojph::ui32 component = 0;
  ojph::line_buf* line = codestream.exchange(nullptr, component);
  for (std::uint32_t y = 0; y < image.height; ++y) {
    T* const* const samples = rows.read(y);
    for (std::uint32_t c = 0; c < image.components; ++c) {
      fill_line(samples[c], image.width, line);
      line = codestream.exchange(line, component);
    }
    rows.done_with_row();
  }
}

std::vector<std::uint8_t> take(byte_chunks& chunks) {
  std::vector<std::uint8_t> bytes(chunks.size());
  chunks.move_to(bytes.data());
  return bytes;
}

template <typename T>
encoded_image encode_as(const const_image_view& image, const encode_options& options,
                        std::optional<clamp_policy> checksums) {
  encoded_image result;
  image_rows<T> rows(image, options, checksums);
  chunked_file file;
  reused_codestream codestream(codec_role::encode);
  configure(*codestream, image, options);
  write_headers(*codestream, file, options);
  result.main_header = take(file.bytes);
  feed(image, rows, *codestream);
  rows.finish(result);
  codestream->flush();
  codestream.release(std::uint64_t{image.width} * image.height * image.components, image.components);
  result.tile_parts = std::move(file.bytes);
  return result;
}

}  // namespace

encoded_image encode_by_openjph(const const_image_view& image, const encode_options& options,
                                std::optional<clamp_policy> checksums) {
  check_steps(options);
  check_block_columns(image, options);
  initialize_openjph();
  const message_capture messages;
  return sample_size(image.type) == 4 ? encode_as<std::int64_t>(image, options, checksums)
                                      : encode_as<std::int32_t>(image, options, checksums);
}

}  // namespace htj2k
