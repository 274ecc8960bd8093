#include "core/packet_walk.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/packed_headers.hpp"
#include "core/packet_budget.hpp"
#include "core/tile_walk.hpp"

namespace htj2k {
namespace {

class walker {
public:
  walker(const codestream& cs, std::uint32_t reduce, bool keep_blocks, bool is_salvage = false)
      : cs_(cs),
        reduce_(reduce),
        keep_blocks_(keep_blocks),
        is_salvage_(is_salvage),
        headers_(headers_of_tile_parts(cs)),
        budget_(cs) {
    result_.by_reduce.assign(max_reduce(cs) + 1, level_extent{true, cs.main_header.stop});
  }

  packet_walk run() {
    result_.part_stops.assign(cs_.tile_parts.size(), 0);
    for (std::size_t i = 0; i < cs_.tile_parts.size() && !lacks_tile_parts(); ++i)
      if (is_salvage_)
        salvage_part(cs_.tile_parts[i], result_.part_stops[i]);
      else
        read_part(cs_.tile_parts[i], result_.part_stops[i]);
    mark_missing();
    if (is_salvage_) add_lost_tiles();
    if (keep_blocks_)
      for (auto& [tile, walk] : tiles_) result_.tiles.emplace(tile, walk.take_blocks());
    return std::move(result_);
  }

private:
  tile_walk& walk_of(std::uint16_t tile) {
    const auto found = tiles_.find(tile);
    return found != tiles_.end()
               ? found->second
               : tiles_.emplace(tile, tile_walk(cs_, tile, reduce_, keep_blocks_, is_salvage_, budget_))
                     .first->second;
  }

  void read_part(const tile_part& part, std::uint64_t& part_stop) {
    if (!part.header_is_whole) return;
    tile_walk& walk = walk_of(part.tile);
    const std::uint64_t present = part.is_whole ? part.stop : cs_.range.stop;
    if (walk.is_broken) return;
    part_stop = part.header.stop;
    if (walk.is_finished() && reduce_ > 0) return;
    try {
      if (auto headers = packed_headers_of(part)) walk.set_headers(std::move(*headers));
      walk.read(cs_.data, part_stop, present, reader_,
                [&](std::uint32_t reduce) { extend(reduce, part_stop); });
      check_leftovers(walk, part.tile, part_stop, present);
    } catch (const error& e) {
      walk.is_broken = true;
      // In a tile-part that is cut short, a packet that does not fit is only missing.
      if (part.is_whole) {
        if (!result_.fault) result_.fault = e;
        return;
      }
      result_.bytes_needed = walk.cut_packet_stop();
      if (is_salvage_ && walk.cut_packet_stop() != 0) walk.salvage(reader_.blocks(), present);
    }
  }

  void check_leftovers(const tile_walk& walk, std::uint16_t tile, std::uint64_t position,
                       std::uint64_t stop) const {
    const auto name = [&] { return "tile " + std::to_string(tile); };
    const bool has_read_headers = walk.has_packed_headers() && walk.packed_bytes_left() == 0;
    const bool is_at_end = walk.is_at_end() || has_read_headers;
    if (is_at_end && position < stop && walk.num_unordered() != 0) throw left_out(tile, walk);
    if (is_at_end && position < stop)
      throw error(error_code::codestream,
                  name() + " has " + std::to_string(stop - position) + " bytes after its last packet" +
                      (walk.is_exhausted() ? "" : " whose header this tile-part has (PPM or PPT)"),
                  position);
    if (walk.is_exhausted() && walk.has_packed_headers() && walk.packed_bytes_left() != 0)
      throw error(error_code::codestream,
                  name() + " has " + std::to_string(walk.packed_bytes_left()) +
                      " bytes of packed headers (PPM or PPT) after that of its last packet",
                  position);
  }

  // A tile whose packets cannot be told costs no other.
  void salvage_part(const tile_part& part, std::uint64_t& part_stop) {
    if (result_.tiles.count(part.tile) != 0) return;
    try {
      read_part(part, part_stop);
    } catch (const error& e) {
      if (!result_.fault) result_.fault = e;
      add_lost_tile(part.tile);
    }
  }

  void add_lost_tile(std::uint16_t tile) {
    coded_tile lost{geometry_of_tile(cs_, tile), {}, {}, nullptr};
    for (const auto& resolutions : lost.geometry.components) lost.bands.emplace_back(resolutions.size());
    lost.lost = std::make_unique<lost_blocks>(lost.geometry);
    lost.lost->all = true;
    result_.tiles.emplace(tile, std::move(lost));
  }

  void add_lost_tiles() {
    for (std::uint32_t t = 0; t < cs_.siz.num_tiles(); ++t) {
      const auto tile = static_cast<std::uint16_t>(t);
      if (tiles_.count(tile) == 0 && result_.tiles.count(tile) == 0) add_lost_tile(tile);
    }
  }

  // Of PPM, whose headers then belong to other tile-parts than they seem to.
  bool lacks_tile_parts() const {
    return is_salvage_ && cs_.eoc && !headers_.empty() && headers_.size() != cs_.tile_parts.size();
  }

  std::optional<std::vector<std::uint8_t>> packed_headers_of(const tile_part& part) {
    const auto own = cs_.tiles.find(part.tile);
    if (own != cs_.tiles.end() && !own->second.packed_headers.empty())
      return joined(cs_.data, segments_within(own->second.packed_headers, part.header));
    if (cs_.main.packed_headers.empty()) return std::nullopt;
    const auto index = static_cast<std::size_t>(&part - cs_.tile_parts.data());
    if (index < headers_.size()) return std::move(headers_[index]);
    throw error(error_code::codestream, "PPM holds no packet headers for tile-part " + std::to_string(index),
                cs_.main.packed_headers.front().range.start);
  }

  void extend(std::uint32_t reduce, std::uint64_t stop) {
    for (std::uint32_t k = 0; k <= reduce && k < result_.by_reduce.size(); ++k)
      result_.by_reduce[k].stop = std::max(result_.by_reduce[k].stop, stop);
  }

  void mark_missing() {
    const auto highest = static_cast<std::uint32_t>(result_.by_reduce.size() - 1);
    const auto missing = [&](std::uint32_t reduce) {
      for (std::uint32_t k = 0; k <= reduce && k < result_.by_reduce.size(); ++k)
        result_.by_reduce[k].is_complete = false;
    };
    for (std::uint32_t tile = 0; tile < cs_.siz.num_tiles(); ++tile) {
      const auto found = tiles_.find(static_cast<std::uint16_t>(tile));
      if (found != tiles_.end()) {
        found->second.for_missing(missing);
        check_order(found->first, found->second);
        if (result_.first_missing.empty() && !found->second.is_finished())
          result_.first_missing = found->second.name_of_missing();
      } else {
        missing(highest);  // no tile-part of it was seen
        if (result_.first_missing.empty()) result_.first_missing = "tile " + std::to_string(tile);
      }
    }
  }

  // While tile-parts of the tile are to come, so may POC segments.
  void check_order(std::uint16_t tile, const tile_walk& walk) {
    if (walk.num_unordered() != 0 && cs_.eoc && !result_.fault) result_.fault = left_out(tile, walk);
  }

  error left_out(std::uint16_t tile, const tile_walk& walk) const {
    return error(error_code::codestream,
                 "the progressions of POC leave out " + std::to_string(walk.num_unordered()) +
                     " packets of tile " + std::to_string(tile),
                 progression_changes_of(cs_, tile).back().offset);
  }

  const codestream& cs_;
  std::uint32_t reduce_;
  bool keep_blocks_;
  bool is_salvage_;
  std::vector<std::vector<std::uint8_t>> headers_;  // of each tile-part, from PPM
  packet_budget budget_;
  packet_header_reader reader_;
  std::map<std::uint16_t, tile_walk> tiles_;
  packet_walk result_;
};

}  // namespace

std::uint32_t max_reduce(const codestream& cs) {
  std::uint8_t least = max_decompositions;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c)
    least = std::min(least, style_of(cs, static_cast<std::uint16_t>(c)).num_decompositions);
  for (const auto& [tile, own] : cs.tiles) {
    if (own.cod) least = std::min(least, own.cod->style.num_decompositions);
    for (const auto& [component, style] : own.coc) least = std::min(least, style.num_decompositions);
  }
  return least;
}

std::int32_t packet_walk::resolutions_complete() const {
  std::int32_t count = 0;
  for (auto level = by_reduce.rbegin(); level != by_reduce.rend() && level->is_complete; ++level) ++count;
  return count;
}

packet_walk walk_packets(const codestream& cs, std::uint32_t reduce, bool keep_blocks) {
  return walker(cs, reduce, keep_blocks).run();
}

packet_walk walk_damaged(const codestream& cs) { return walker(cs, 0, true, true).run(); }

}  // namespace htj2k
