// How the packets of a tile are divided into tile-parts.
#pragma once

#include <cstdint>

#include "core/encode.hpp"
#include "core/packet_order.hpp"

namespace htj2k::encoder {

// A division that would cut the progression into a part for every precinct is left out: then there are fewer
// tile-parts than the options ask for.
class tile_part_division {
public:
  // Throws invalid_argument when there are more parts than TNsot can tell.
  tile_part_division(progression order, const encode_options& options, std::uint32_t num_components);

  std::uint32_t count() const { return components_ * resolutions_; }
  // Parts follow each other as their packets do in the progression.
  std::uint32_t part_of(const packet_id& packet) const {
    const std::uint32_t component = components_ == 1 ? 0 : packet.component;
    return resolutions_ == 1 ? component : packet.resolution * components_ + component;
  }

private:
  std::uint32_t components_ = 1;   // 1: not divided by them
  std::uint32_t resolutions_ = 1;  // the same
};

}  // namespace htj2k::encoder
