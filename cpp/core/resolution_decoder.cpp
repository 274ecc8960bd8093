#include "core/resolution_decoder.hpp"

#include "core/native/decode.hpp"
#include "core/strict.hpp"

namespace htj2k {

std::vector<message> resolution_decoder::decode(const open_codestream& opened, const decode_options& options,
                                                const image_view& out) {
  if (opened.engine != decode_engine::native) {
    kept_ = {};
    return decode_strict(opened, options, out);
  }
  check_layout(out, image_rect(opened.cs.siz, options.reduce), opened.cs.siz.num_components());
  native::decode_onward(opened, options, out, kept_);
  return {};
}

}  // namespace htj2k
