#include "core/packet_walk.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "core/packed_headers.hpp"
#include "core/packet_header.hpp"
#include "core/packet_order.hpp"

namespace htj2k {
namespace {

// A packet is at least one byte, so a file cannot hold more packets than bytes. The allowance lets the base
// of a cut download be read, and resolutions that are empty be there; it bounds what a few bytes can make us
// enumerate.
constexpr std::uint64_t packet_allowance = 1U << 20;

// Of all tiles that have been seen: each of them may take only a few bytes.
class packet_budget {
public:
  explicit packet_budget(const codestream& cs) : bytes_(cs.range.size()) {}

  void spend(const tile_geometry& geometry, std::uint16_t tile) {
    const std::uint64_t most = bytes_ + packet_allowance;
    const std::uint64_t layers = geometry.num_layers;
    for (const auto& resolutions : geometry.components)
      for (const auto& resolution : resolutions)
        if (resolution.num_precincts() > most / layers ||
            (declared_ += resolution.num_precincts() * layers + 1) > most)
          throw error(error_code::limit, "the tiles up to " + std::to_string(tile) + " declare more than " +
                                             std::to_string(most) + " packets and resolutions, which the " +
                                             std::to_string(bytes_) + " bytes of data cannot hold");
  }

private:
  std::uint64_t bytes_;
  std::uint64_t declared_ = 0;
};

std::string name_of(const packet_id& id, std::uint16_t tile) {
  return "packet of tile " + std::to_string(tile) + ", component " + std::to_string(id.component) +
         ", resolution " + std::to_string(id.resolution) + ", precinct " + std::to_string(id.precinct) +
         (id.layer == 0 ? "" : ", layer " + std::to_string(id.layer));
}

class tile_walk {
public:
  tile_walk(const codestream& cs, std::uint16_t tile, std::uint32_t reduce, bool keep_blocks,
            packet_budget& budget)
      : tile_(tile),
        geometry_(geometry_of_tile(cs, tile)),
        options_{defaults_of(cs, tile).uses_sop, defaults_of(cs, tile).uses_eph, geometry_.num_layers} {
    budget.spend(geometry_, tile);
    packets_ = packet_order(cs, tile, geometry_);
    if (keep_blocks)
      for (const auto& resolutions : geometry_.components) bands_.emplace_back(resolutions.size());
    needed_ = packets_.size();
    while (needed_ > 0 && reduce_of(packets_[needed_ - 1]) < reduce) --needed_;
  }

  // Headers, if they are packed, of the packets in the tile-part that is read next.
  void set_headers(std::vector<std::uint8_t> bytes) { headers_ = packed_headers{std::move(bytes), 0}; }

  bool is_broken = false;  // nothing after a packet that could not be read is looked at

  bool is_finished() const { return next_ >= needed_; }
  bool is_exhausted() const { return next_ >= packets_.size(); }

  // The highest `reduce` that needs this packet.
  std::uint32_t reduce_of(const packet_id& id) const {
    return static_cast<std::uint32_t>(geometry_.components[id.component].size() - 1 - id.resolution);
  }

  // Reads packets from [position, stop) and moves `position` over each whole one. Throws what is wrong with
  // the first that is not.
  template <typename Seen>
  void read(byte_span bytes, std::uint64_t& position, std::uint64_t stop, packet_header_reader& reader,
            Seen seen) {
    while (!is_finished() && has_more(position, stop)) {
      const packet_id& id = packets_[next_];
      const auto& resolution = geometry_.components[id.component][id.resolution];
      const auto grids = resolution.grids_of(id.precinct);
      const packet_extent extent =
          read_one(id, bytes, position, stop, grids.data(), resolution.num_bands, reader);
      check_body(id, extent, position, stop);
      if (!bands_.empty())
        for (const placed_block& placed : reader.blocks())
          bands_[id.component][id.resolution][placed.band].add(resolution, placed);
      position += extent.header_size + extent.body_size;
      ++next_;
      seen(reduce_of(id));
    }
  }

  template <typename Missing>
  void for_missing(Missing missing) const {
    for (std::size_t i = next_; i < packets_.size(); ++i) missing(reduce_of(packets_[i]));
  }

  // Where the packet ends whose header was read but whose body is not all there.
  std::uint64_t cut_packet_stop() const { return cut_packet_stop_; }

  coded_tile take_blocks() { return {std::move(geometry_), std::move(bands_), std::move(pieces_)}; }

private:
  // A packet without codeblocks has no bytes besides its header.
  bool has_more(std::uint64_t position, std::uint64_t stop) const {
    return headers_ ? headers_->next < headers_->bytes.size() : position < stop;
  }

  void check_body(const packet_id& id, const packet_extent& extent, std::uint64_t position,
                  std::uint64_t stop) {
    const std::uint64_t body = position + extent.header_size;
    if (extent.body_size <= stop - body) return;
    cut_packet_stop_ = body + extent.body_size;
    throw error(error_code::codestream,
                name_of(id, tile_) + ": its codeblocks need " + std::to_string(extent.body_size) +
                    " bytes and its tile-part has " + std::to_string(stop - body) + " left",
                body);
  }

  packet_extent read_one(const packet_id& id, byte_span bytes, std::uint64_t start, std::uint64_t stop,
                         const block_grid* grids, std::size_t num_grids, packet_header_reader& reader) {
    try {
      return reader.read({bytes, start, stop, headers_ ? &*headers_ : nullptr, &pieces_}, grids, num_grids,
                         state_of(id), id.layer, options_);
    } catch (const error& e) {
      throw error(e.code(), name_of(id, tile_) + ": " + e.what(), headers_ ? start : e.offset());
    }
  }

  // With one layer nothing is to be kept from packet to packet.
  precinct_state& state_of(const packet_id& id) {
    if (geometry_.num_layers == 1) return scratch_;
    return states_[{id.component, id.resolution, id.precinct}];
  }

  std::uint16_t tile_;
  tile_geometry geometry_;
  packet_options options_;
  std::optional<packed_headers> headers_;
  precinct_state scratch_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, precinct_state> states_;
  std::vector<packet_id> packets_;
  std::vector<std::vector<std::array<coded_band, 3>>> bands_;  // empty: not kept
  part1_pieces pieces_;
  std::size_t needed_ = 0;
  std::size_t next_ = 0;
  std::uint64_t cut_packet_stop_ = 0;
};

class walker {
public:
  walker(const codestream& cs, std::uint32_t reduce, bool keep_blocks)
      : cs_(cs),
        reduce_(reduce),
        keep_blocks_(keep_blocks),
        headers_(headers_of_tile_parts(cs)),
        budget_(cs) {
    result_.by_reduce.assign(max_reduce(cs) + 1, level_extent{true, cs.main_header.stop});
  }

  packet_walk run() {
    result_.part_stops.assign(cs_.tile_parts.size(), 0);
    for (std::size_t i = 0; i < cs_.tile_parts.size(); ++i)
      read_part(cs_.tile_parts[i], result_.part_stops[i]);
    mark_missing();
    if (keep_blocks_)
      for (auto& [tile, walk] : tiles_) result_.tiles.emplace(tile, walk.take_blocks());
    return std::move(result_);
  }

private:
  tile_walk& walk_of(std::uint16_t tile) {
    const auto found = tiles_.find(tile);
    return found != tiles_.end()
               ? found->second
               : tiles_.emplace(tile, tile_walk(cs_, tile, reduce_, keep_blocks_, budget_)).first->second;
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
      if (walk.is_exhausted() && part_stop < present)
        throw error(error_code::codestream,
                    "tile " + std::to_string(part.tile) + " has " + std::to_string(present - part_stop) +
                        " bytes after its last packet",
                    part_stop);
    } catch (const error& e) {
      walk.is_broken = true;
      // In a tile-part that is cut short, a packet that does not fit is only missing.
      if (!part.is_whole)
        result_.bytes_needed = walk.cut_packet_stop();
      else if (!result_.fault)
        result_.fault = e;
    }
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
      if (found != tiles_.end())
        found->second.for_missing(missing);
      else
        missing(highest);  // no tile-part of it was seen
    }
  }

  const codestream& cs_;
  std::uint32_t reduce_;
  bool keep_blocks_;
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

}  // namespace htj2k
