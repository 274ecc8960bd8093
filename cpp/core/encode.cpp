#include "core/encode.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/ojph_messages.hpp"
#include "core/sample_lines.hpp"

namespace htj2k {
namespace {

// OpenJPH writes front to back: it knows every tile-part's length before it writes the first.
class growing_file final : public ojph::outfile_base {
public:
  std::size_t write(const void* data, std::size_t size) override {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
    return size;
  }
  ojph::si64 tell() override { return static_cast<ojph::si64>(bytes_.size()); }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
  std::vector<std::uint8_t> bytes_;
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
  codestream.request_tlm_marker(options.tlm);
  codestream.set_tilepart_divisions(options.tile_part_per_resolution, options.tile_part_per_component);
}

void write_headers(ojph::codestream& codestream, growing_file& file, const encode_options& options) {
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

[[noreturn]] void refuse_sample(const const_image_view& image, std::uint32_t component, std::uint32_t row,
                                const std::int32_t* line, const value_range& range, std::uint32_t bit_depth) {
  std::size_t column = 0;
  const auto value = [&](std::size_t i) {
    return image.type == sample_type::u4 ? std::int64_t{static_cast<std::uint32_t>(line[i])}
                                         : std::int64_t{line[i]};
  };
  while (value(column) >= range.low && value(column) <= range.high) ++column;
  std::string index = "[" + std::to_string(row) + ", " + std::to_string(column);
  if (image.components > 1) index += ", " + std::to_string(component);
  throw error(error_code::invalid_argument,
              "pixels" + index + "] is " + std::to_string(value(column)) +
                  ", which does not fit bits_stored=" + std::to_string(bit_depth) + " (" +
                  std::to_string(range.low) + " to " + std::to_string(range.high) +
                  "); give a larger bits_stored, or mask_unused_bits=True to drop the bits above it");
}

// Keeps the low `bit_depth` bits of each sample; signed samples are extended from the highest one kept.
void mask_line(std::int32_t* line, std::size_t count, std::uint32_t bit_depth, bool is_signed) {
  const std::uint32_t unused = 32 - bit_depth;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t shifted = static_cast<std::uint32_t>(line[i]) << unused;
    line[i] = is_signed ? static_cast<std::int32_t>(shifted) >> unused
                        : static_cast<std::int32_t>(shifted >> unused);
  }
}

void feed_row(const const_image_view& image, const encode_options& options, const value_range& range,
              std::uint32_t component, std::uint32_t row, std::int32_t* line) {
  value_range seen;
  load_row(image, component, row, line, seen);
  if (seen.low >= range.low && seen.high <= range.high) return;
  if (!options.mask_unused_bits) refuse_sample(image, component, row, line, range, options.bit_depth);
  mask_line(line, image.width, options.bit_depth, sample_is_signed(image.type));
}

void feed(ojph::codestream& codestream, const const_image_view& image, const encode_options& options) {
  const value_range range = sample_range(options.bit_depth, sample_is_signed(image.type));
  std::vector<std::uint32_t> next_row(image.components, 0);
  ojph::ui32 component = 0;
  ojph::line_buf* line = codestream.exchange(nullptr, component);
  while (line != nullptr) {
    feed_row(image, options, range, component, next_row[component]++, line->i32);
    line = codestream.exchange(line, component);
  }
}

}  // namespace

std::vector<std::uint8_t> encode(const const_image_view& image, const encode_options& options) {
  initialize_openjph();
  const message_capture messages;
  growing_file file;
  try {
    ojph::codestream codestream;
    configure(codestream, image, options);
    write_headers(codestream, file, options);
    feed(codestream, image, options);
    codestream.flush();
  } catch (const error& e) {
    // While encoding, what OpenJPH refuses is an argument, never the data of a codestream.
    throw error(error_code::invalid_argument, e.what());
  }
  return file.take();
}

}  // namespace htj2k
