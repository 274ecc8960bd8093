#include "core/decode.hpp"

#include <ojph_codestream.h>
#include <ojph_file.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/native/decode.hpp"
#include "core/ojph_messages.hpp"
#include "core/reused_codestream.hpp"
#include "core/row_writer.hpp"
#include "core/sample_lines.hpp"
#include "core/strict.hpp"

namespace htj2k {
namespace {

// A 32-bit line holds unsigned 32-bit samples as bit patterns; their range is all of int32.
clamp_limits<std::int32_t> line_limits(clamp_policy policy, std::uint32_t bit_depth, sample_type decoded) {
  if (bit_depth == 32) return {};
  return clamp_limits<std::int32_t>(clamp_range(policy, bit_depth, decoded));
}

std::vector<clamp_limits<std::int32_t>> line_limits(const ojph::param_siz& siz, clamp_policy policy,
                                                    sample_type decoded) {
  std::vector<clamp_limits<std::int32_t>> limits;
  for (std::uint32_t c = 0; c < siz.get_num_components(); ++c)
    limits.push_back(line_limits(policy, siz.get_bit_depth(c), decoded));
  return limits;
}

// What the codestream's samples decode to. The caller may have them stored in another type, which moves no
// clamp.
sample_type type_in_codestream(const ojph::param_siz& siz) {
  std::uint32_t bit_depth = 0;
  for (std::uint32_t c = 0; c < siz.get_num_components(); ++c)
    bit_depth = std::max(bit_depth, siz.get_bit_depth(c));
  return decoded_type(bit_depth, siz.is_signed(0));
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

void pull_rows(ojph::codestream& codestream, row_writer<std::int32_t>& rows, std::uint32_t height,
               std::uint32_t num_components) {
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t c = 0; c < num_components; ++c) {
      ojph::ui32 component = 0;
      const ojph::line_buf* line = codestream.pull(component);
      if (line == nullptr || component != c)
        throw error(error_code::codestream, "OpenJPH ended the image before its last row");
      rows.set_line(c, line->i32);
    }
    rows.finish_row(y);
  }
}

void fill_with_zero(const image_view& out) {
  const std::vector<std::int32_t> line(out.width, 0);
  clamped_row<std::int32_t> row(std::vector<clamp_limits<std::int32_t>>(out.components));
  row.samples.assign(out.components, line.data());
  for (std::uint32_t y = 0; y < out.height; ++y) write_row(row, kernels::active().lines32, out, y);
}

void refuse_warnings(const std::vector<message>& messages) {
  for (const auto& m : messages)
    if (m.is_warning) throw error(error_code::codestream, m.text);
}

// Pulls pixels through OpenJPH. `codestream` runs from SOC to EOC and has been checked by strict.hpp; `out`
// has its layout. Unless resilient, a warning is an error.
std::vector<message> pull_pixels(byte_span codestream, const decode_options& options, const image_view& out,
                                 row_observer* observer) {
  initialize_openjph();
  const message_capture capture;
  ojph::mem_infile file;
  file.open(codestream.data, static_cast<std::size_t>(codestream.size));
  reused_codestream decoder(codec_role::decode);
  if (options.resilient) decoder->enable_resilience();
  decoder->read_headers(&file);
  // OpenJPH computes sizes with shifts of 32-bit integers. After 31 levels any image is a single sample at
  // the origin, which a further level leaves as it is (T.800 F.3.6).
  decoder->restrict_input_resolution(options.reduce, std::min<std::uint32_t>(options.reduce, 31));
  // All components of a row before the next row, so that interleaved memory is written once. Only components
  // of equal size come here.
  decoder->set_planar(false);
  const auto siz = decoder->access_siz();
  check_layout(siz, out);
  decoder->create();
  row_writer<std::int32_t> rows(out, line_limits(siz, options.clamp, type_in_codestream(siz)), observer);
  pull_rows(*decoder, rows, out.height, out.components);
  if (!options.resilient) refuse_warnings(capture.messages());
  decoder.release(std::uint64_t{out.width} * out.height * out.components);
  return capture.messages();
}

}  // namespace

std::vector<message> decode_strict(const open_codestream& opened, const decode_options& options,
                                   const image_view& out, row_observer* observer) {
  if (opened.engine == decode_engine::native) {
    native::decode(opened, options, out, observer);
    return {};
  }
  const codestream& cs = opened.cs;
  if (options.reduce == 0) {
    const std::uint64_t start = cs.main_header.start;
    return pull_pixels({cs.data.data + start, *cs.eoc + 2 - start}, options, out, observer);
  }
  const auto bytes = whole_packets(cs, opened.walk);
  return pull_pixels({bytes.data(), bytes.size()}, options, out, observer);
}

damaged_result decode_damaged(const damaged_codestream& opened, decode_options options,
                              const image_view& out) {
  damaged_result result;
  const auto bytes = whole_packets(opened.cs, opened.walk);
  const byte_span codestream{bytes.data(), bytes.size()};
  // Damage inside a codeblock shows only while decoding: try strictly as long as nothing else is known.
  try {
    if (opened.reason) throw error(*opened.reason);
    result.messages = pull_pixels(codestream, options, out, nullptr);
    return result;
  } catch (const error& e) {
    result.reason = e.what();
  }
  try {
    options.resilient = true;
    result.messages = pull_pixels(codestream, options, out, nullptr);
  } catch (const error& e) {
    fill_with_zero(out);
    result.reason = e.what();
  }
  return result;
}

}  // namespace htj2k
