// What the bytes of a codestream may make us do.
#pragma once

#include <cstdint>
#include <string>

#include "core/codestream.hpp"
#include "core/error.hpp"
#include "core/packet_order.hpp"

namespace htj2k {

// What the bytes of a codestream may make us do, in all tiles together: each of them may take only a few
// bytes. A packet is at least one byte, so a file cannot hold more packets than bytes.
class packet_budget {
public:
  explicit packet_budget(const codestream& cs) : bytes_(cs.range.size()), allowance_(cs.packet_allowance) {}

  void spend(const tile_geometry& geometry, std::uint16_t tile, std::uint64_t progression_changes) {
    const std::uint64_t most = bytes_ + allowance_;
    const std::uint64_t layers = geometry.num_layers;
    std::uint64_t resolutions_here = 0;
    for (const auto& resolutions : geometry.components) {
      for (const auto& resolution : resolutions)
        if (resolution.num_precincts() > most / layers ||
            (declared_ += resolution.num_precincts() * layers + 1) > most)
          throw error(error_code::limit, "the tiles up to " + std::to_string(tile) + " declare more than " +
                                             std::to_string(most) + " packets and resolutions, which the " +
                                             std::to_string(bytes_) + " bytes of data cannot hold");
      resolutions_here += resolutions.size();
    }
    work_ += progression_changes * resolutions_here;
    check_work("the progression order changes (POC) of tile " + std::to_string(tile));
  }

  // Each layer's packet tells of every codeblock of its precinct, of those that it adds nothing to in less
  // than a bit.
  void spend_on_layers(std::uint64_t blocks, std::uint16_t tile) {
    work_ += blocks;
    if (work_ > most_work()) check_work("the quality layers of tile " + std::to_string(tile));
  }

private:
  // Some hundred nanoseconds a byte. Real layers stay far below: a codeblock without a byte in any of twenty
  // layers is twenty steps.
  std::uint64_t most_work() const { return 64 * (bytes_ + allowance_); }

  void check_work(const std::string& what) const {
    if (work_ > most_work())
      throw error(error_code::limit, what + " ask for more than " + std::to_string(most_work()) +
                                         " steps, which the " + std::to_string(bytes_) +
                                         " bytes of data do not account for");
  }

  std::uint64_t bytes_;
  std::uint64_t allowance_;
  std::uint64_t declared_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace htj2k
