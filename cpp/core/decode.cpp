#include "core/decode.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include "core/error.hpp"
#include "core/ojph_messages.hpp"
#include "core/sample_lines.hpp"
#include "core/strict.hpp"

namespace htj2k {
namespace {

std::vector<value_range> clamp_ranges(const ojph::param_siz& siz, const decode_options& options,
                                      const image_view& out) {
  const auto container_bits = static_cast<std::uint32_t>(8 * sample_size(out.type));
  std::vector<value_range> ranges;
  for (std::uint32_t c = 0; c < out.components; ++c) {
    const bool precise = options.clamp == clamp_policy::precision;
    ranges.push_back(sample_range(precise ? siz.get_bit_depth(c) : container_bits, siz.is_signed(c)));
  }
  return ranges;
}

// The caller sized `out` by its own reading of the headers. Writing by OpenJPH's instead would be a buffer
// overrun the day the two disagree.
void check_layout(const ojph::param_siz& siz, const image_view& out) {
  bool agrees = siz.get_num_components() == out.components;
  for (std::uint32_t c = 0; agrees && c < out.components; ++c)
    agrees = siz.get_recon_width(c) == out.width && siz.get_recon_height(c) == out.height;
  if (!agrees)
    throw error(error_code::codestream,
                "OpenJPH reads another image size from the codestream than its SIZ tells");
}

void pull_rows(ojph::codestream& codestream, const std::vector<value_range>& ranges, const image_view& out) {
  std::vector<std::uint32_t> next_row(out.components, 0);
  const std::uint64_t rows = std::uint64_t{out.height} * out.components;
  for (std::uint64_t i = 0; i < rows; ++i) {
    ojph::ui32 component = 0;
    const ojph::line_buf* line = codestream.pull(component);
    if (line == nullptr || component >= out.components || next_row[component] >= out.height)
      throw error(error_code::codestream, "OpenJPH ended the image before its last row");
    store_row(line->i32, out.width, ranges[component], out, component, next_row[component]++);
  }
}

void fill_with_zero(const image_view& out) {
  const std::vector<std::int32_t> line(out.width, 0);
  for (std::uint32_t c = 0; c < out.components; ++c)
    for (std::uint32_t row = 0; row < out.height; ++row)
      store_row(line.data(), line.size(), sample_range(8, true), out, c, row);
}

void refuse_warnings(const std::vector<message>& messages) {
  for (const auto& m : messages)
    if (m.is_warning) throw error(error_code::codestream, m.text);
}

}  // namespace

std::vector<message> pull_pixels(byte_span codestream, const decode_options& options, const image_view& out) {
  initialize_openjph();
  const message_capture capture;
  ojph::mem_infile file;
  file.open(codestream.data, static_cast<std::size_t>(codestream.size));
  ojph::codestream decoder;
  if (options.resilient) decoder.enable_resilience();
  decoder.read_headers(&file);
  decoder.restrict_input_resolution(options.reduce, options.reduce);
  // All components of a row before the next row, so that interleaved memory is written once. Only components
  // of equal size come here.
  decoder.set_planar(false);
  const auto siz = decoder.access_siz();
  check_layout(siz, out);
  decoder.create();
  pull_rows(decoder, clamp_ranges(siz, options, out), out);
  if (!options.resilient) refuse_warnings(capture.messages());
  return capture.messages();
}

std::vector<message> decode_strict(const open_codestream& opened, const decode_options& options,
                                   const image_view& out) {
  const codestream& cs = opened.cs;
  if (options.reduce == 0) {
    const std::uint64_t start = cs.main_header.start;
    return pull_pixels({cs.data.data + start, *cs.eoc + 2 - start}, options, out);
  }
  const auto bytes = whole_packets(cs, opened.walk);
  return pull_pixels({bytes.data(), bytes.size()}, options, out);
}

damaged_result decode_damaged(const damaged_codestream& opened, decode_options options,
                              const image_view& out) {
  damaged_result result;
  const auto bytes = whole_packets(opened.cs, opened.walk);
  const byte_span codestream{bytes.data(), bytes.size()};
  // Damage inside a codeblock shows only while decoding: try strictly as long as nothing else is known.
  try {
    if (opened.reason) throw error(*opened.reason);
    result.messages = pull_pixels(codestream, options, out);
    return result;
  } catch (const error& e) {
    result.reason = e.what();
  }
  try {
    options.resilient = true;
    result.messages = pull_pixels(codestream, options, out);
  } catch (const error& e) {
    fill_with_zero(out);
    result.reason = e.what();
  }
  return result;
}

}  // namespace htj2k
