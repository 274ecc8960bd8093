#include "core/line_decoder.hpp"

#include <ojph_codestream.h>
#include <ojph_mem.h>
#include <ojph_params.h>

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/geometry.hpp"

namespace htj2k {
namespace {

// How many of the highest resolutions OpenJPH is to leave out of its sizes, which it computes with 32-bit
// products of XRsiz and 2^reduce. Beyond, all components are single samples at the origin, which a further
// level leaves as they are (T.800 F.3.6).
std::uint32_t resolutions_left_out(const image_size& siz, std::uint32_t reduce) {
  std::uint64_t largest = 1, smallest = 255;
  for (const component_size& k : siz.components) {
    largest = std::max<std::uint64_t>({largest, k.dx, k.dy});
    smallest = std::min<std::uint64_t>({smallest, k.dx, k.dy});
  }
  std::uint32_t most = 0;
  while (largest << (most + 1) <= std::uint64_t{1} << 31) ++most;
  if (reduce > most && std::max(siz.x1, siz.y1) > smallest << most)
    throw error(error_code::unsupported,
                "reduce=" + std::to_string(reduce) + " of a component that is subsampled by " +
                    std::to_string(largest) + " in so large an image (SIZ) is not supported",
                siz.offset);
  return std::min(reduce, most);
}

void refuse_warnings(const std::vector<message>& messages) {
  for (const auto& m : messages)
    if (m.is_warning) throw error(error_code::codestream, m.text);
}

}  // namespace

line_decoder::line_decoder(byte_span codestream, const image_size& siz, const decode_options& options)
    : is_planar_(!has_equal_components(siz)), is_resilient_(options.resilient) {
  file_.open(codestream.data, static_cast<std::size_t>(codestream.size));
  if (is_resilient_) decoder_->enable_resilience();
  decoder_->read_headers(&file_);
  decoder_->restrict_input_resolution(options.reduce, resolutions_left_out(siz, options.reduce));
  // By rows, interleaved memory is written once. But where components have different heights OpenJPH would
  // look for ever for the next row of the one that ends first.
  decoder_->set_planar(is_planar_);
  check_sizes(siz, options.reduce);
}

// The caller sized his memory by our own reading of the headers. Writing by OpenJPH's instead would be a
// buffer overrun the day the two disagree.
void line_decoder::check_sizes(const image_size& siz, std::uint32_t reduce) {
  const auto theirs = decoder_->access_siz();
  bool agrees = theirs.get_num_components() == siz.num_components();
  for (std::uint32_t c = 0; agrees && c < siz.num_components(); ++c) {
    const rect ours = component_rect(siz, c, reduce);
    agrees = theirs.get_recon_width(c) == ours.width() && theirs.get_recon_height(c) == ours.height();
    heights_.push_back(ours.height());
    num_samples_ += std::uint64_t{ours.width()} * ours.height();
  }
  if (!agrees)
    throw error(error_code::codestream,
                "OpenJPH reads another image size from the codestream than its SIZ tells");
}

const std::int32_t* line_decoder::next_line(std::uint32_t expected_component) {
  ojph::ui32 component = 0;
  const ojph::line_buf* line = decoder_->pull(component);
  if (line == nullptr || component != expected_component)
    throw error(error_code::codestream, "OpenJPH ended the image before its last row");
  return line->i32;
}

std::vector<message> line_decoder::finish() {
  if (!is_resilient_) refuse_warnings(capture_.messages());
  decoder_.release(num_samples_, static_cast<std::uint32_t>(heights_.size()));
  return capture_.messages();
}

}  // namespace htj2k
