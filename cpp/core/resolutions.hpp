// Which prefix of the bytes holds which resolution.
//
// Headers tell it when every tile has one tile-part a resolution (N_L + 1 of them) and packets come
// resolution by resolution (RLCP or RPCL, no POC). That tile-part i then is resolution i is an inference: the
// standard does not forbid to cut elsewhere and still end up with that count. DICOM PS3.5 10.18 and
// HealthImaging rest on the same inference. A stream that says nothing about its count (TNsot 0, no TLM, EOC
// not yet here) is taken to be of that kind as long as it has one tile.
//
// Packets prove it, whatever the layout, for the resolutions that are here.
#pragma once

#include <optional>
#include <vector>

#include "core/codestream.hpp"
#include "core/packet_walk.hpp"

namespace htj2k {

// Resolutions that every component has: 1 + the least N_L of the components.
unsigned num_resolutions(const codestream& cs);

// Where the prefix that holds resolution r ends, base to full; empty: not known. The last is the end of EOC.
std::vector<std::optional<std::uint64_t>> resolution_stops(const codestream& cs);

// The same after a walk over the packets at reduce 0: what it proves replaces what headers let one infer, and
// an inference that it refutes is dropped.
std::vector<std::optional<std::uint64_t>> proven_stops(const codestream& cs, const packet_walk& walk);

// Is tile-part i the resolution i of its tile?
bool has_tile_part_per_resolution(const codestream& cs);

// How many resolutions, from the base up, are whole in the bytes that are here.
unsigned resolutions_complete(const codestream& cs);

}  // namespace htj2k
