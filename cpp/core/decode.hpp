// One raw HTJ2K codestream in, one image (at any resolution) out, into the caller's memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/geometry.hpp"
#include "core/image.hpp"
#include "core/ojph_messages.hpp"
#include "core/sample_lines.hpp"

namespace htj2k {

struct decode_options {
  std::uint32_t reduce = 0;
  clamp_policy clamp = clamp_policy::precision;
  bool resilient = false;  // go on after damage, for previews
  unsigned threads = 1;    // that the native engine may use, the caller's included
  // Columns and rows, within the image at this `reduce`, to which the native engine is to keep.
  std::optional<rect> region;
};

// Sees every row of an image as it is decoded, while it is in the cache.
class row_observer {
public:
  virtual ~row_observer() = default;
  // Whether `lines` are needed, else they may be empty.
  virtual bool wants_lines() const { return true; }
  // Where the next row is to be packed, if the image that is written does not hold it packed.
  virtual std::uint8_t* next_row() = 0;
  // `lines`: the samples of each component before clamping, at the sample's value (unsigned 32-bit samples as
  // their bit pattern). `packed`: the clamped row, interleaved, as the checksum wants it: at next_row() or in
  // the image.
  virtual void take(const std::vector<const std::int32_t*>& lines, const std::uint8_t* packed) = 0;
};

// decode: every byte is there, or an error. Rows go to `out`, unless its data is null, and to the observer,
// unless that is null. Samples are clamped to the range of the codestream's own type, then stored in the
// sample size of `out`, which must hold them; which sign its type has does not matter. Returns what OpenJPH
// remarked: no warnings, as each is an error here.
struct open_codestream;
std::vector<message> decode_strict(const open_codestream& opened, const decode_options& options,
                                   const image_view& out, row_observer* observer = nullptr);

// Writing into memory of another layout than strict.hpp tells would be a buffer overrun.
void check_layout(const image_view& out, const rect& area, std::uint32_t components);

// Where the rows of one resolution go.
struct level_target {
  std::uint32_t reduce = 0;
  image_view out;                    // of the layout that the resolution has; not written if its data is null
  row_observer* observer = nullptr;  // as in decode_strict
  value_range* range = nullptr;      // is extended by the samples, clamped
};

// Several resolutions from one decode, the highest of them last; options.reduce is not looked at. Each comes
// out as decode_strict would give it. Only where gives_all_levels says so.
bool gives_all_levels(const open_codestream& opened);
void decode_levels(const open_codestream& opened, const decode_options& options,
                   const std::vector<level_target>& targets);

// The same with each component in an array of its own, of the component's own size and type.
std::vector<message> decode_components(const open_codestream& opened, const decode_options& options,
                                       const std::vector<image_view>& out);

// What is there of a damaged codestream; what is not is mid-grey or blurred. Of the native engine's walk all
// blocks that are lost are noted; OpenJPH gets the whole packets, and when even those make it fail, the
// pixels are zero.
std::vector<message> decode_damaged(const open_codestream& opened, decode_options options,
                                    const image_view& out);

}  // namespace htj2k
