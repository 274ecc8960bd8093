// What must hold before a codestream is decoded: parsed, within limits, decodable here, and every byte there.
#pragma once

#include <cstdint>
#include <vector>

#include "core/codestream.hpp"
#include "core/decode.hpp"
#include "core/engine.hpp"
#include "core/packet_walk.hpp"
#include "core/parser.hpp"

namespace htj2k {

// 5/3 low passes overshoot, and OpenJPH hands lines out as int32: above this depth they could wrap.
constexpr unsigned max_reduced_depth = 28;

// The layout of the interleaved pixels at `reduce`. Throws invalid_argument when the codestream has no such
// resolution and unsupported when its components do not fit one array.
image_layout layout_at(const codestream& cs, std::uint32_t reduce);

// The layout of each component by itself, with its own size, depth and sign.
std::vector<image_layout> component_layouts_at(const codestream& cs, std::uint32_t reduce);

struct open_codestream {
  codestream cs;
  packet_walk walk;
  decode_engine engine = decode_engine::openjph;  // that will decode it
};

// A codestream of which every packet that `reduce` needs is known to be whole.
open_codestream open_strict(byte_span data, const limits& bounds, std::uint32_t reduce,
                            decode_engine engine = decode_engine::automatic);

// Whether what was opened for a larger size also holds what a decode at this `reduce` would open: then nobody
// walks over the packets again. Throws what open_strict says of codestreams that do not decode at this size.
bool serves(const open_codestream& opened, std::uint32_t reduce,
            decode_engine engine = decode_engine::automatic);

// A codestream of which any part may be missing or damaged.
open_codestream open_damaged(byte_span data, const limits& bounds, std::uint32_t reduce);

// How far a download has come.
struct arrival {
  std::int32_t resolutions_complete = 0;  // from the base up
  std::uint64_t bytes_needed = 0;         // fewer bytes than these bring nothing new; 0: not known
  bool is_whole = false;
};

// Throws what is wrong with the bytes so far; TruncatedError while even the main header is cut.
arrival look_at(byte_span data, const limits& bounds);

// Bytes of the caller's data up to the last whole packet.
std::uint64_t bytes_used(const codestream& cs, const packet_walk& walk);

// The whole packets alone as a codestream that says nothing of the rest: Psot is cut to what is there, an EOC
// follows. OpenJPH would read on into whatever comes after a cut.
std::vector<std::uint8_t> whole_packets(const codestream& cs, const packet_walk& walk);

}  // namespace htj2k
