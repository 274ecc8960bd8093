#include "core/encoder/tile_part_division.hpp"

#include <string>

#include "core/error.hpp"

namespace htj2k::encoder {
namespace {

bool is_by_resolution(progression order) {
  return order == progression::lrcp || order == progression::rlcp || order == progression::rpcl;
}

// Within a resolution, where the order begins with resolutions.
bool is_by_component(progression order) {
  return order == progression::lrcp || order == progression::rlcp || order == progression::cprl;
}

}  // namespace

tile_part_division::tile_part_division(progression order, const encode_options& options,
                                       std::uint32_t num_components) {
  const bool by_component = options.tile_part_per_component && is_by_component(order);
  if (by_component) components_ = num_components;
  if (is_by_resolution(order) && (options.tile_part_per_resolution || by_component))
    resolutions_ = options.num_decompositions + 1;
  constexpr std::uint32_t most = 255;  // TNsot is 8 bits, and 0 stands for a number that is not told (A.4.2)
  if (count() > most)
    throw error(error_code::invalid_argument, "the tile-parts of a tile would be " + std::to_string(count()) +
                                                  "; at most " + std::to_string(most) + " are possible");
}

}  // namespace htj2k::encoder
