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

  // Of a packet that is not empty, before it is read: it tells of every codeblock of its precinct, of those
  // that it adds nothing to in less than a bit. What is known of them takes `memory` bytes; with several
  // layers they are kept for the packets of the others.
  void spend_on_blocks(std::uint64_t blocks, std::uint64_t memory, bool is_kept) {
    work_ += blocks;
    if (work_ > most_work()) check_work("its codeblocks");
    const std::uint64_t most = memory_allowance + 256 * bytes_;
    if (memory > most - kept_)
      throw error(error_code::limit, "what is to be known of its codeblocks takes more than " +
                                         std::to_string(most >> 20) + " MiB, which the " +
                                         std::to_string(bytes_) + " bytes of data do not account for");
    if (is_kept) kept_ += memory;
  }

private:
  // What an image of 2^28 pixels takes in one layer, in codeblocks of 4x4.
  static constexpr std::uint64_t memory_allowance = std::uint64_t{1} << 28;

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
  std::uint64_t kept_ = 0;
};

}  // namespace htj2k
