#include "core/packet_bits.hpp"

namespace htj2k {

packet_bits packet_bits::with(packet_bits bits, unsigned count) {
  while (bits.left_ < count) {
    if (bits.position_ == bits.stop_) bits.runs_over();
    bits.fill();
  }
  return bits;
}

void packet_bits::runs_over() const {
  throw error(error_code::codestream, "a packet header runs over the end of its tile-part", position_);
}

}  // namespace htj2k
