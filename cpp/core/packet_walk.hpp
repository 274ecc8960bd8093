// Walks every packet of a codestream, to prove that each byte a decode needs is there. OpenJPH takes missing
// packets and short codeblocks for empty ones and returns wrong pixels; this is what stands before it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/coded_tile.hpp"
#include "core/codestream.hpp"
#include "core/error.hpp"

namespace htj2k {

struct level_extent {
  bool is_complete = false;  // every packet that a decode at this `reduce` needs is whole
  std::uint64_t stop = 0;    // where the last of those ends, in the caller's bytes
};

struct packet_walk {
  std::vector<level_extent> by_reduce;    // [reduce], 0 is full size
  std::optional<error> fault;             // damage: what no amount of further bytes can mend
  std::string first_missing;              // names the first codeblock of which bytes are missing
  std::uint64_t bytes_needed = 0;         // the first packet that is cut ends here, 0: not known
  std::vector<std::uint64_t> part_stops;  // [tile-part] where its last whole packet ends; 0: nothing usable
  std::map<std::uint16_t, coded_tile> tiles;  // the blocks of all whole packets, if they are asked for

  // How many resolutions, from the base up, are whole.
  std::int32_t resolutions_complete() const;
};

// Reads the packets that a decode at `reduce` needs, and no further where the progression order allows. Only
// for streams that check_decodable accepts of one of the engines.
packet_walk walk_packets(const codestream& cs, std::uint32_t reduce, bool keep_blocks = false);

// Reads all that can be read of a codestream in which anything may be missing. Every tile is in the result,
// with what is lost of it: what follows a packet that cannot be read, and of one that the end of the data
// cuts the codeblocks that are not all there.
packet_walk walk_damaged(const codestream& cs);

// The highest `reduce` that all components have.
std::uint32_t max_reduce(const codestream& cs);

}  // namespace htj2k
