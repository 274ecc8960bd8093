#include "core/resolutions.hpp"

#include <algorithm>

namespace htj2k {
namespace {

constexpr std::uint8_t order_rlcp = 1;
constexpr std::uint8_t order_rpcl = 2;

bool same_levels(const codestream& cs) {
  for (const auto& [component, style] : cs.main.coc)
    if (style.num_decompositions != cs.main.cod->style.num_decompositions) return false;
  return true;
}

bool is_resolution_major(const codestream& cs) {
  const std::uint8_t order = cs.main.cod->progression_order;
  if (order != order_rlcp && order != order_rpcl) return false;
  if (!cs.main.poc.empty() || !same_levels(cs)) return false;
  for (const auto& [tile, own] : cs.tiles)
    if (own.cod || !own.coc.empty() || !own.poc.empty()) return false;
  return true;
}

// One entry a tile-part in the order of the codestream: from TLM, or from the SOTs that are here.
struct part {
  std::uint16_t tile;
  std::uint64_t stop;  // 0: not known
};

std::vector<part> list_parts(const codestream& cs) {
  std::vector<part> parts;
  if (cs.has_tlm && cs.tlm_is_readable) {
    std::uint64_t at = cs.main_header.stop;
    for (const tile_part_length& t : cs.tlm) parts.push_back({t.tile, at += t.length});
    return parts;
  }
  for (const tile_part& t : cs.tile_parts) parts.push_back({t.tile, t.stop});
  return parts;
}

// Whether `parts` lists the whole codestream.
bool is_whole_list(const codestream& cs) { return cs.eoc || (cs.has_tlm && cs.tlm_is_readable); }

// Whether the number of tile-parts is N_L + 1 in each tile, or nothing contradicts it yet.
bool counts_match(const codestream& cs, const std::vector<part>& parts, unsigned needed) {
  for (const tile_part& t : cs.tile_parts)
    if (t.num_parts != 0 && t.num_parts != needed) return false;
  std::vector<unsigned> count(cs.siz.num_tiles());
  for (const part& p : parts)
    if (p.tile >= count.size() || ++count[p.tile] > needed) return false;
  const bool declared = !cs.tile_parts.empty() && cs.tile_parts.front().num_parts == needed;
  if (cs.siz.num_tiles() == 1) return !is_whole_list(cs) || declared || count[0] == needed;
  // Of several tiles one cannot say more before all are listed.
  return is_whole_list(cs) &&
         std::all_of(count.begin(), count.end(), [&](unsigned n) { return n == needed; });
}

std::optional<std::uint64_t> full_stop(const codestream& cs, const std::vector<part>& parts) {
  if (cs.eoc) return *cs.eoc + 2;
  if (cs.has_tlm && cs.tlm_is_readable && !parts.empty()) return parts.back().stop + 2;
  const bool last_is_here = !parts.empty() && cs.siz.num_tiles() == 1 &&
                            cs.tile_parts.back().num_parts != 0 &&
                            cs.tile_parts.back().index + 1 == cs.tile_parts.back().num_parts;
  if (last_is_here && parts.back().stop != 0) return parts.back().stop + 2;
  if (cs.box_stop != 0) return cs.box_stop;
  return std::nullopt;
}

std::vector<std::optional<std::uint64_t>> find_stops(const codestream& cs, const std::vector<part>& parts) {
  const unsigned count = num_resolutions(cs);
  std::vector<std::optional<std::uint64_t>> stops(count);
  if (is_resolution_major(cs) && counts_match(cs, parts, count)) {
    std::vector<unsigned> next(cs.siz.num_tiles());
    for (const part& p : parts) {
      const unsigned r = next[p.tile]++;
      if (p.stop != 0) stops[r] = std::max(stops[r].value_or(0), p.stop);
    }
    // With a tile order that is not by resolution, a lower one may end behind a higher one.
    for (unsigned r = 1; r < count; ++r)
      if (stops[r] && stops[r - 1]) stops[r] = std::max(*stops[r], *stops[r - 1]);
  }
  const auto full = full_stop(cs, parts);
  // A single tile with all its tile-parts ends with the last of them.
  stops.back() =
      full ? full : (stops.back() ? std::optional<std::uint64_t>(*stops.back() + 2) : std::nullopt);
  return stops;
}

}  // namespace

unsigned num_resolutions(const codestream& cs) { return 1 + max_reduce(cs); }

bool has_tile_part_per_resolution(const codestream& cs) {
  return is_resolution_major(cs) && counts_match(cs, list_parts(cs), num_resolutions(cs));
}

std::vector<std::optional<std::uint64_t>> resolution_stops(const codestream& cs) {
  return find_stops(cs, list_parts(cs));
}

std::vector<std::optional<std::uint64_t>> proven_stops(const codestream& cs, const packet_walk& walk) {
  auto stops = resolution_stops(cs);
  bool is_refuted = false;
  for (std::size_t r = 0; r < stops.size(); ++r) {
    const level_extent& level = walk.by_reduce[stops.size() - 1 - r];
    const bool is_full = r + 1 == stops.size();
    if (level.is_complete) {
      if (!is_full) stops[r] = level.stop;
      continue;
    }
    is_refuted = is_refuted || (stops[r] && *stops[r] <= cs.range.stop);
    if (is_refuted) stops[r].reset();
  }
  return stops;
}

unsigned resolutions_complete(const codestream& cs) {
  unsigned complete = 0;
  for (const auto& stop : resolution_stops(cs)) {
    if (!stop || *stop > cs.range.stop) break;
    ++complete;
  }
  return complete;
}

}  // namespace htj2k
