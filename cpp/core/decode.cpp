#include "core/decode.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include "core/error.hpp"
#include "core/ojph_messages.hpp"
#include "core/sample_lines.hpp"

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
    throw error(error_code::codestream, "OpenJPH reads another image size from the codestream than its SIZ tells");
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

}  // namespace

std::vector<std::string> decode(const std::uint8_t* data, std::size_t size, const decode_options& options,
                                const image_view& out) {
  initialize_openjph();
  const message_capture messages;
  ojph::mem_infile file;
  file.open(data, size);
  ojph::codestream codestream;
  codestream.read_headers(&file);
  codestream.restrict_input_resolution(options.reduce, options.reduce);
  // All components of a row before the next row, so that interleaved memory is written once. The core only
  // lets components of equal size come here.
  codestream.set_planar(false);
  const auto siz = codestream.access_siz();
  check_layout(siz, out);
  codestream.create();
  pull_rows(codestream, clamp_ranges(siz, options, out), out);
  return messages.messages();
}

}  // namespace htj2k
