// OpenJPH at work on one codestream: lines of samples, in the order in which it gives them.
#pragma once

#include <ojph_file.h>

#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/decode.hpp"
#include "core/ojph_messages.hpp"
#include "core/reused_codestream.hpp"

namespace htj2k {

// The codestream runs from SOC to EOC and has been checked by strict.hpp; `siz` is our own reading of it.
// Unless resilient, a warning is an error.
class line_decoder {
public:
  line_decoder(byte_span codestream, const image_size& siz, const decode_options& options);

  // take(component, row, samples) gets each line once: all components of a row before the next row where
  // components have one size, else one component after the other.
  template <typename Take>
  std::vector<message> pull(Take take) {
    decoder_->create();
    const auto count = static_cast<std::uint32_t>(heights_.size());
    if (is_planar_)
      for (std::uint32_t c = 0; c < count; ++c)
        for (std::uint32_t y = 0; y < heights_[c]; ++y) take(c, y, next_line(c));
    else
      for (std::uint32_t y = 0; y < heights_[0]; ++y)
        for (std::uint32_t c = 0; c < count; ++c) take(c, y, next_line(c));
    return finish();
  }

private:
  void check_sizes(const image_size& siz, std::uint32_t reduce);
  const std::int32_t* next_line(std::uint32_t expected_component);
  std::vector<message> finish();

  bool is_planar_;
  bool is_resilient_;
  std::vector<std::uint32_t> heights_;
  std::uint64_t num_samples_ = 0;
  message_capture capture_;
  ojph::mem_infile file_;
  reused_codestream decoder_{codec_role::decode};
};

}  // namespace htj2k
