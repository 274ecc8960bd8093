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

// What the bytes of a codestream may make us do, in all tiles together: each of them may take only a few
// bytes.
class packet_budget {
public:
  explicit packet_budget(const codestream& cs) : bytes_(cs.range.size()) {}

  void spend(const tile_geometry& geometry, std::uint16_t tile, std::uint64_t progression_changes) {
    const std::uint64_t most = bytes_ + packet_allowance;
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
  std::uint64_t most_work() const { return 64 * (bytes_ + packet_allowance); }

  void check_work(const std::string& what) const {
    if (work_ > most_work())
      throw error(error_code::limit, what + " ask for more than " + std::to_string(most_work()) +
                                         " steps, which the " + std::to_string(bytes_) +
                                         " bytes of data do not account for");
  }

  std::uint64_t bytes_;
  std::uint64_t declared_ = 0;
  std::uint64_t work_ = 0;
};

std::string name_of(const packet_id& id, std::uint16_t tile) {
  return "packet of tile " + std::to_string(tile) + ", component " + std::to_string(id.component) +
         ", resolution " + std::to_string(id.resolution) + ", precinct " + std::to_string(id.precinct) +
         (id.layer == 0 ? "" : ", layer " + std::to_string(id.layer));
}

class tile_walk {
public:
  tile_walk(const codestream& cs, std::uint16_t tile, std::uint32_t reduce, bool keep_blocks, bool is_salvage,
            packet_budget& budget)
      : tile_(tile),
        budget_(&budget),
        geometry_(geometry_of_tile(cs, tile)),
        options_{defaults_of(cs, tile).uses_sop, defaults_of(cs, tile).uses_eph, geometry_.num_layers} {
    budget.spend(geometry_, tile, progression_changes_of(cs, tile).size());
    ordered_packets order = packet_order(cs, tile, geometry_);
    packets_ = std::move(order.packets);
    num_ordered_ = order.num_ordered;
    if (keep_blocks)
      for (const auto& resolutions : geometry_.components) bands_.emplace_back(resolutions.size());
    if (is_salvage) lost_ = std::make_unique<lost_blocks>(geometry_);
    needed_ = packets_.size();
    while (needed_ > 0 && reduce_of(packets_[needed_ - 1]) < reduce) --needed_;
  }

  // Headers, if they are packed, of the packets in the tile-part that is read next.
  void set_headers(std::vector<std::uint8_t> bytes) { headers_ = packed_headers{std::move(bytes), 0}; }

  // Of packed headers those of one tile-part are here at a time.
  bool has_packed_headers() const { return headers_.has_value(); }
  std::uint64_t packed_bytes_left() const { return headers_->bytes.size() - headers_->next; }

  bool is_broken = false;  // nothing after a packet that could not be read is looked at

  bool is_finished() const { return next_ >= needed_; }
  bool is_exhausted() const { return next_ >= packets_.size(); }
  // No packet follows in this tile-part, as far as can be told.
  bool is_at_end() const {
    return is_exhausted() || (!is_finished() && (headers_.has_value() || next_ >= num_ordered_));
  }
  // Packets of which no POC segment tells when they come.
  std::size_t num_unordered() const { return std::max(needed_, num_ordered_) - num_ordered_; }

  // The highest `reduce` that needs this packet.
  std::uint32_t reduce_of(const packet_id& id) const {
    return static_cast<std::uint32_t>(geometry_.components[id.component].size() - 1 - id.resolution);
  }

  // Reads packets from [position, stop) and moves `position` over each whole one. Throws what is wrong with
  // the first that is not.
  template <typename Seen>
  void read(byte_span bytes, std::uint64_t& position, std::uint64_t stop, packet_header_reader& reader,
            Seen seen) {
    while (!is_finished() && next_ < num_ordered_ && has_more(position, stop)) {
      const packet_id& id = packets_[next_];
      const auto& resolution = geometry_.components[id.component][id.resolution];
      const auto grids = resolution.grids_of(id.precinct);
      const packet_extent extent =
          read_one(id, bytes, position, stop, grids.data(), resolution.num_bands, reader);
      check_body(id, extent, position, stop, reader.blocks());
      if (geometry_.num_layers > 1) budget_->spend_on_layers(extent.blocks_seen, tile_);
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

  // Where the packet ends whose header was read but whose body is not all there; 0: there is none.
  std::uint64_t cut_packet_stop() const { return cut_packet_stop_; }

  // The first codeblock, in the order of packets, whose bytes are not all there.
  std::string name_of_missing() const {
    const packet_id& id = packets_[next_];
    const auto& resolution = geometry_.components[id.component][id.resolution];
    if (!cut_block_.empty()) return name_of(id, tile_) + ": " + cut_block_;
    const auto grids = resolution.grids_of(id.precinct);
    for (unsigned b = 0; b < resolution.num_bands; ++b)
      if (!grids[b].empty())
        return name_of(id, tile_) + ": " +
               name_of_block(resolution.num_bands, b, grids[b].first_column, grids[b].first_row);
    return name_of(id, tile_);
  }

  // Of the packet that is cut at `stop`: the codeblocks that are whole. Those of which a layer is missing are
  // lost by the packet of that layer.
  void salvage(const std::vector<placed_block>& blocks, std::uint64_t stop) {
    const packet_id& id = packets_[next_];
    const auto& resolution = geometry_.components[id.component][id.resolution];
    for (const placed_block& placed : blocks)
      if (placed.stop <= stop)
        bands_[id.component][id.resolution][placed.band].add(resolution, placed);
      else
        lost_->bands[id.component][id.resolution][placed.band].add(resolution, placed.band, placed.column,
                                                                   placed.row);
    is_next_salvaged_ = true;
  }

  coded_tile take_blocks() {
    if (lost_ != nullptr) note_lost_blocks();
    return {std::move(geometry_), std::move(bands_), std::move(pieces_), std::move(lost_)};
  }

private:
  // A packet without codeblocks has no bytes besides its header.
  bool has_more(std::uint64_t position, std::uint64_t stop) const {
    return headers_ ? headers_->next < headers_->bytes.size() : position < stop;
  }

  void check_body(const packet_id& id, const packet_extent& extent, std::uint64_t position,
                  std::uint64_t stop, const std::vector<placed_block>& blocks) {
    const std::uint64_t body = position + extent.header_size;
    if (extent.body_size <= stop - body) return;
    cut_packet_stop_ = body + extent.body_size;
    const auto& resolution = geometry_.components[id.component][id.resolution];
    const auto cut = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const placed_block& placed) { return placed.stop > stop; });
    cut_block_ = name_of_block(resolution.num_bands, cut->band, cut->column, cut->row);
    throw error(error_code::codestream,
                name_of(id, tile_) + ": its codeblocks need " + std::to_string(extent.body_size) +
                    " bytes and its tile-part has " + std::to_string(stop - body) + " left; the " +
                    cut_block_ + " is the first that is cut",
                body);
  }

  // Layers of a precinct come in order: wherever one is missing, the last is.
  void note_lost_blocks() {
    for (std::size_t i = next_ + (is_next_salvaged_ ? 1 : 0); i < packets_.size(); ++i)
      if (packets_[i].layer + 1 == geometry_.num_layers) note_lost(packets_[i]);
    // Decoding may find more.
    for (std::size_t c = 0; c < bands_.size(); ++c)
      for (std::size_t r = 0; r < bands_[c].size(); ++r)
        for (unsigned b = 0; b < 3; ++b)
          if (!bands_[c][r][b].is_empty()) lost_->bands[c][r][b].prepare(geometry_.components[c][r], b);
  }

  void note_lost(const packet_id& id) {
    const auto& resolution = geometry_.components[id.component][id.resolution];
    const auto grids = resolution.grids_of(id.precinct);
    for (unsigned b = 0; b < resolution.num_bands; ++b)
      for (std::uint32_t y = 0; y < grids[b].down; ++y)
        for (std::uint32_t x = 0; x < grids[b].across; ++x)
          lost_->bands[id.component][id.resolution][b].add(resolution, b, grids[b].first_column + x,
                                                           grids[b].first_row + y);
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
  packet_budget* budget_;
  tile_geometry geometry_;
  packet_options options_;
  std::optional<packed_headers> headers_;
  precinct_state scratch_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, precinct_state> states_;
  std::vector<packet_id> packets_;
  std::vector<std::vector<std::array<coded_band, 3>>> bands_;  // empty: not kept
  part1_pieces pieces_;
  std::size_t num_ordered_ = 0;
  std::size_t needed_ = 0;
  std::size_t next_ = 0;
  std::uint64_t cut_packet_stop_ = 0;
  std::string cut_block_;
  std::unique_ptr<lost_blocks> lost_;  // null: nothing may be
  bool is_next_salvaged_ = false;      // all that is lost of the next packet is noted
};

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
    const std::string name = "tile " + std::to_string(tile);
    const bool has_read_headers = walk.has_packed_headers() && walk.packed_bytes_left() == 0;
    const bool is_at_end = walk.is_at_end() || has_read_headers;
    if (is_at_end && position < stop && walk.num_unordered() != 0) throw left_out(tile, walk);
    if (is_at_end && position < stop)
      throw error(error_code::codestream,
                  name + " has " + std::to_string(stop - position) + " bytes after its last packet" +
                      (walk.is_exhausted() ? "" : " whose header this tile-part has (PPM or PPT)"),
                  position);
    if (walk.is_exhausted() && walk.has_packed_headers() && walk.packed_bytes_left() != 0)
      throw error(error_code::codestream,
                  name + " has " + std::to_string(walk.packed_bytes_left()) +
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
