#include "core/encode.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/geometry.hpp"
#include "core/jph_file.hpp"
#include "core/ojph_messages.hpp"
#include "core/reused_codestream.hpp"
#include "core/sample_lines.hpp"
#include "core/tile_part_lengths.hpp"

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

template <typename T>
[[noreturn]] void refuse_sample(const T* row, const value_range& range, std::uint32_t y,
                                std::uint32_t component, const const_image_view& image,
                                std::uint32_t bit_depth) {
  std::size_t column = 0;
  while (range.contains(row[column])) ++column;
  std::string index = "[" + std::to_string(y) + ", " + std::to_string(column);
  if (image.components > 1) index += ", " + std::to_string(component);
  throw error(error_code::invalid_argument,
              "pixels" + index + "] is " + std::to_string(row[column]) +
                  ", which does not fit bits_stored=" + std::to_string(bit_depth) + " (" +
                  std::to_string(range.low) + " to " + std::to_string(range.high) +
                  "); give a larger bits_stored, or mask_unused_bits=True to drop the bits above it");
}

// Keeps the low `bit_depth` bits of each sample; signed samples are extended from the highest one kept.
template <typename T>
void mask_row(T* row, std::size_t count, std::uint32_t bit_depth, bool is_signed) {
  const std::uint32_t unused = 32 - bit_depth;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t shifted = static_cast<std::uint32_t>(row[i]) << unused;
    row[i] = is_signed ? static_cast<T>(static_cast<std::int32_t>(shifted) >> unused)
                       : static_cast<T>(shifted >> unused);
  }
}

// Rows of an image on their way to OpenJPH and to the checksums. T holds every sample of the image's type.
template <typename T>
class row_feeder {
public:
  row_feeder(const const_image_view& image, const encode_options& options,
             std::optional<clamp_policy> checksums)
      : image_(image),
        options_(options),
        kernels_(kernels::active()),
        lines_(kernels_.lines<T>()),
        range_(sample_range(options.bit_depth, sample_is_signed(image.type))) {
    if (checksums) {
      const sample_type decoded = decoded_type(options.bit_depth, sample_is_signed(image.type));
      const clamp_limits<T> limits(clamp_range(*checksums, options.bit_depth, decoded));
      checksums_.emplace(kernels_, image_layout{decoded, image.width, image.height, image.components},
                         options.num_decompositions, options.color_transform,
                         std::vector<clamp_limits<T>>(image.components, limits));
    } else {
      rows_.assign(image.components, std::vector<T>(image.width));
      for (auto& row : rows_) row_pointers_.push_back(row.data());
    }
  }

  void feed(ojph::codestream& codestream) {
    ojph::ui32 component = 0;
    ojph::line_buf* line = codestream.exchange(nullptr, component);
    for (std::uint32_t y = 0; y < image_.height; ++y) {
      const bool in_place = read(y, line->i32);
      for (std::uint32_t c = 0; c < image_.components; ++c) {
        if (!in_place) fill_line(rows()[c], line);
        line = codestream.exchange(line, component);
      }
      if (checksums_) checksums_->push();
    }
  }

  void finish(encoded_image& result) {
    result.min = min_;
    result.max = max_;
    if (checksums_) result.resolutions = checksums_->finish();
  }

private:
  T* const* rows() const { return checksums_ ? checksums_->rows() : row_pointers_.data(); }

  // True when the row went straight into OpenJPH's line, which can be when nobody else needs it.
  bool read(std::uint32_t y, std::int32_t* line) {
    if constexpr (sizeof(T) == sizeof *line) {
      if (image_.components == 1 && !checksums_) {
        read_row(image_, y, lines_, &line);
        check(line, y, 0);
        return true;
      }
    }
    read_row(image_, y, lines_, rows());
    for (std::uint32_t c = 0; c < image_.components; ++c) check(rows()[c], y, c);
    return false;
  }

  void check(T* row, std::uint32_t y, std::uint32_t component) {
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::min();
    lines_.extend_range(row, image_.width, low, high);
    if (!range_.contains(value_range{low, high})) {
      if (!options_.mask_unused_bits) refuse_sample(row, range_, y, component, image_, options_.bit_depth);
      mask_row(row, image_.width, options_.bit_depth, sample_is_signed(image_.type));
      lines_.extend_range(row, image_.width, low = row[0], high = row[0]);
    }
    min_ = std::min(min_, low);
    max_ = std::max(max_, high);
  }

  // OpenJPH takes unsigned 32-bit samples as their bit pattern.
  void fill_line(const T* row, ojph::line_buf* line) const {
    constexpr clamp_limits<T> unclamped;
    if constexpr (sizeof(T) == sizeof(std::int32_t))
      std::copy_n(row, image_.width, line->i32);
    else
      lines_.store[log2_size(sample_type::i4)](row, image_.width, unclamped.low, unclamped.high,
                                               reinterpret_cast<std::uint8_t*>(line->i32), 4);
  }

  const const_image_view& image_;
  const encode_options& options_;
  const kernels::implementation& kernels_;
  const kernels::line_kernels<T>& lines_;
  value_range range_;
  std::optional<pyramid<T>> checksums_;
  std::vector<std::vector<T>> rows_;  // when there is no pyramid to hold them
  std::vector<T*> row_pointers_;
  T min_ = std::numeric_limits<T>::max();
  T max_ = std::numeric_limits<T>::min();
};

std::vector<std::uint8_t> take(byte_chunks& chunks) {
  std::vector<std::uint8_t> bytes(chunks.size());
  chunks.move_to(bytes.data());
  return bytes;
}

template <typename T>
encoded_image encode_as(const const_image_view& image, const encode_options& options,
                        std::optional<clamp_policy> checksums) {
  encoded_image result;
  row_feeder<T> rows(image, options, checksums);
  chunked_file file;
  reused_codestream codestream(codec_role::encode);
  configure(*codestream, image, options);
  write_headers(*codestream, file, options);
  result.main_header = take(file.bytes);
  rows.feed(*codestream);
  rows.finish(result);
  codestream->flush();
  codestream.release(std::uint64_t{image.width} * image.height * image.components, image.components);
  result.tile_parts = std::move(file.bytes);
  if (options.tlm) {
    const auto tlm = make_tlm(result.tile_parts);
    result.main_header.insert(result.main_header.end(), tlm.begin(), tlm.end());
  }
  return result;
}

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

}  // namespace

encoded_image encode(const const_image_view& image, const encode_options& options,
                     std::optional<clamp_policy> checksums) {
  if (checksums && !(options.reversible && is_single_tile(image, options)))
    throw error(error_code::invalid_argument,
                "checksums of the resolutions can be had only of a reversible encoding in a single tile");
  check_steps(options);
  check_block_columns(image, options);
  initialize_openjph();
  const message_capture messages;
  try {
    auto encoded = sample_size(image.type) == 4 ? encode_as<std::int64_t>(image, options, checksums)
                                                : encode_as<std::int32_t>(image, options, checksums);
    if (options.jph_file) put_into_boxes(encoded, image, options);
    return encoded;
  } catch (const error& e) {
    // While encoding, what OpenJPH refuses is an argument, never the data of a codestream.
    throw error(error_code::invalid_argument, e.what());
  }
}

}  // namespace htj2k
