#include "core/completeness.hpp"

#include <algorithm>
#include <string>

#include "core/marker.hpp"
#include "core/resolutions.hpp"

namespace htj2k {
namespace {

[[noreturn]] void missing(const codestream& cs, const std::string& what, std::uint64_t needed) {
  truncation t;
  t.bytes_present = cs.data.size;
  // Inside a box that is whole, no further bytes of the file would help.
  t.bytes_needed = needed > cs.data.size && cs.range.stop == cs.data.size ? needed : 0;
  t.resolutions_complete = static_cast<std::int32_t>(resolutions_complete(cs));
  std::string text = what + "; " + std::to_string(cs.data.size) + " bytes are here";
  if (cs.range.stop < cs.data.size)
    text += ", the box around the codestream ends at " + std::to_string(cs.range.stop);
  if (t.bytes_needed != 0) text += ", " + std::to_string(t.bytes_needed) + " are needed";
  throw error(text + " (" + std::to_string(t.resolutions_complete) + " resolutions are whole)", t);
}

std::string name(const tile_part& part) {
  return "tile-part " + std::to_string(part.index) + " of tile " + std::to_string(part.tile) + " at byte " +
         std::to_string(part.header.start);
}

std::uint64_t needed_in_all(const codestream& cs) { return resolution_stops(cs).back().value_or(0); }

void check_cut(const codestream& cs) {
  if (cs.tile_parts.empty()) missing(cs, "the data end before the first tile-part", needed_in_all(cs));
  const tile_part& last = cs.tile_parts.back();
  if (!last.is_whole) {
    if (last.length_is_open)
      missing(cs, "EOC is missing, which alone ends " + name(last) + " (its Psot is 0)", 0);
    missing(cs, name(last) + " is cut", std::max(needed_in_all(cs), last.stop));
  }
  if (!cs.eoc)
    missing(cs, "the data end behind " + name(last) + ", without EOC",
            std::max(needed_in_all(cs), last.stop + 2));
}

void check_tiles(const codestream& cs) {
  struct seen {
    unsigned parts = 0;
    unsigned declared = 0;
  };
  std::vector<seen> tiles(cs.siz.num_tiles());
  for (const tile_part& part : cs.tile_parts) {
    ++tiles[part.tile].parts;
    if (part.num_parts != 0) tiles[part.tile].declared = part.num_parts;
  }
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const std::string tile = "tile " + std::to_string(t);
    if (tiles[t].parts == 0) missing(cs, tile + " is missing although EOC is there", 0);
    if (tiles[t].declared > tiles[t].parts)
      missing(cs,
              tile + " has " + std::to_string(tiles[t].parts) + " tile-parts, but TNsot says " +
                  std::to_string(tiles[t].declared),
              0);
  }
}

[[noreturn]] void refuse_tlm(const codestream& cs, const std::string& what) {
  throw error(error_code::codestream,
              "TLM at byte " + std::to_string(cs.tlm_segments.front().start) + ": " + what,
              cs.tlm_segments.front().start);
}

// Only what was walked is compared; a prefix has fewer tile-parts than TLM lists.
void check_tlm(const codestream& cs) {
  if (!cs.has_tlm) return;
  if (!cs.tlm_is_readable) refuse_tlm(cs, "the indices (Ztlm) of its segments are not 0, 1, 2, ... in order");
  if (cs.eoc && cs.tlm.size() != cs.tile_parts.size())
    refuse_tlm(cs, "it lists " + std::to_string(cs.tlm.size()) + " tile-parts, the codestream has " +
                       std::to_string(cs.tile_parts.size()));
  for (std::size_t i = 0; i < std::min(cs.tlm.size(), cs.tile_parts.size()); ++i) {
    const tile_part& part = cs.tile_parts[i];
    if (part.stop == 0) continue;
    const std::uint64_t length = part.stop - part.header.start;
    if (cs.tlm[i].tile != part.tile || cs.tlm[i].length != length)
      refuse_tlm(cs, "entry " + std::to_string(i) + " is tile " + std::to_string(cs.tlm[i].tile) + " with " +
                         std::to_string(cs.tlm[i].length) + " bytes, but " + name(part) + " has " +
                         std::to_string(length));
  }
}

}  // namespace

void check_complete(const codestream& cs) {
  if (cs.damage) throw *cs.damage;
  check_tlm(cs);
  check_cut(cs);
  check_tiles(cs);
}

}  // namespace htj2k
